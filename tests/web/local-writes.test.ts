import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createCallWithFiles } from '../../wasm/call-with-files.ts';
import type { HostFiles } from '../../wasm/host-files.ts';
import { CoreError, entropy, loadCore, nowMicros } from '../../wasm/load.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { Method } from '../../wasm/methods.ts';
import { createLocalWrites } from '../../worker/browser/local-writes.ts';

const SEGMENT_BYTES = 16 * 1024;
const ID = 'e'.repeat(32);

/** Files whose payloads, as in a browser, are only there between `load` and `unload`. */
function coldFiles() {
  const memory = memoryFiles();
  const loaded = new Set<string>();
  const files: HostFiles = {
    ...memory,
    isLoaded: (name) => !name.startsWith('payload-') || loaded.has(name),
    async load(names) {
      await Promise.resolve();
      for (const name of names) loaded.add(name);
    },
    unload(names) {
      for (const name of names) loaded.delete(name);
    },
  };
  return { files, loaded };
}

/** A replica that has one event, the payload of which is in a file only. */
async function replicaWithColdPayload() {
  const core = await loadCore(
    await WebAssembly.compile(readFileSync('build/wasm-release/wasm/cuesheet.wasm')),
  );
  const { files, loaded } = coldFiles();
  const time = '2026-01-01T00:00:00Z';
  const line = { id: ID, topic: 'demo.a', createdAt: time, updatedAt: time, payload: { n: 1 } };
  const open = async () => {
    const store = core.create('replica', files, SEGMENT_BYTES);
    const call = createCallWithFiles(store, files);
    const { header } = await call<{ next: string[] }>(Method.open, { now: nowMicros() });
    for (let { next } = header; next.length > 0;) {
      ({ next } = (await call<{ next: string[] }>(Method.load)).header);
    }
    return { store, call };
  };
  const first = await open();
  await first.call(Method.import, {}, `${JSON.stringify(line)}\n`);
  first.store.call(Method.commit);
  first.store.call(Method.committed, { ok: true });
  first.store.destroy();
  return { ...(await open()), loaded };
}

test('an event whose payload is on disk can be removed, and its files are let go of', async () => {
  const { store, call, loaded } = await replicaWithColdPayload();
  const get = () => store.call(Method.get, { id: ID });
  expect(get).toThrow(CoreError); // cold
  store.call(Method.replica, { now: nowMicros(), entropy: entropy(), event: 'start' });
  const writes = createLocalWrites(store, call, 'mona');
  expect(await writes.queue('remove', { id: ID })).toMatchObject({ id: ID });
  expect(store.call<{ found: boolean }>(Method.get, { id: ID }).header.found).toBe(false);
  expect(loaded.size).toBe(0);
});
