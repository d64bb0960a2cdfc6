import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { loadCore, nowMicros } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';

/** A store of the hub's module, which has 32 bits for a size. */
async function storeOn(files = memoryFiles()) {
  const wasm = await readFile('build/wasm-release/wasm/cuesheet-hub.wasm');
  const core = await loadCore(new WebAssembly.Module(wasm));
  return core.create('hub', files);
}

test('a file beyond 4 GiB is refused, not read as what is left of its size in 32 bits', async () => {
  const files = memoryFiles();
  files.write('journal-00000001', new TextEncoder().encode('CUEJRNL1'));
  const truncate = vi.fn();
  const store = await storeOn({ ...files, size: () => 2 ** 32 + 8, truncate });
  expect(() => store.call(Method.open)).toThrow(
    'journal-00000001: 4294967304 bytes are more than this program reads at once',
  );
  expect(truncate).not.toHaveBeenCalled();
});

test('the number of a socket beyond 32 bits is not taken for another one', async () => {
  const store = await storeOn();
  store.call(Method.open);
  const header = { now: nowMicros(), client: 2 ** 32, event: 'opened' };
  expect(() => store.call(Method.socket, header)).toThrow('client: expected a number below 2^32');
});
