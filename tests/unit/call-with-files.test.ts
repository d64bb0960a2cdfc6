import { expect, test } from 'vitest';
import { createCallWithFiles } from '../../wasm/call-with-files.ts';
import type { HostFiles } from '../../wasm/host-files.ts';
import { CoreError, type CoreStore } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';

/** A store that needs files one after the other, and files that come into memory when asked for. */
function coldStore(...needed: string[]) {
  const loaded = new Set<string>();
  const unloads: string[] = [];
  let calls = 0;
  const store = {
    call() {
      calls++;
      const missing = needed.find((name) => !loaded.has(name));
      if (missing !== undefined) throw new CoreError('cold', missing);
      return { header: { ok: true }, body: new Uint8Array() };
    },
  } as unknown as CoreStore;
  const files = {
    async load(names: string[]) {
      await Promise.resolve();
      for (const name of names) loaded.add(name);
    },
    unload(names: string[]) {
      for (const name of names) loaded.delete(name);
      unloads.push(...names);
    },
  } as unknown as HostFiles;
  return { call: createCallWithFiles(store, files), unloads, calls: () => calls };
}

test('files that a call needs are loaded, and let go of when it is done', async () => {
  const { call, unloads, calls } = coldStore('payload-1', 'payload-2');
  expect((await call(Method.get)).header).toEqual({ ok: true });
  expect(calls()).toBe(3);
  expect(unloads).toEqual(['payload-1', 'payload-2']);
});

test('a call that stays cold is refused after three loads, and leaves nothing in memory', async () => {
  const { call, unloads, calls } = coldStore('a', 'b', 'c', 'd');
  await expect(call(Method.get)).rejects.toMatchObject({ code: 'cold', message: 'd' });
  expect(calls()).toBe(4);
  expect(unloads).toEqual(['a', 'b', 'c']);
});

test('twenty calls at one time share a file: none takes it from another', async () => {
  const { call, unloads, calls } = coldStore('payload-1');
  await Promise.all(Array.from({ length: 20 }, () => call(Method.get)));
  expect(calls()).toBe(40);
  expect(unloads).toEqual(['payload-1']);
});
