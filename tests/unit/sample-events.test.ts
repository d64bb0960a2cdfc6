import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { entropy, loadCore } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
import { createEventMaker, createRandom } from '../../worker/edge/sample-events.ts';

test('the sample events have the structure of their topics', async () => {
  const wasm = await readFile('build/wasm-release/wasm/cuesheet-hub.wasm');
  const core = await loadCore(new WebAssembly.Module(wasm));
  const store = core.create('hub', memoryFiles());
  store.call(Method.open, {});
  const maker = createEventMaker(createRandom(1));
  const found = new Set<string>();
  for (let i = 0; i < 1000; ++i) {
    const { finished: _, ...event } = i % 4 === 0 ? maker.job() : maker.finished();
    const { header } = store.call<{ advice: { key: string; message: string }[] }>(
      Method.dispatch,
      { now: i, entropy: entropy() },
      JSON.stringify(event),
    );
    for (const { key, message } of header.advice) found.add(`${event.topic}: ${key}: ${message}`);
  }
  expect([...found]).toEqual([]);
});
