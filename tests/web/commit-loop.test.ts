import { expect, test } from 'vitest';
import { createCallWithFiles } from '../../wasm/call-with-files.ts';
import { createCommitLoop } from '../../wasm/commit-loop.ts';
import type { HostFiles } from '../../wasm/host-files.ts';
import type { CoreStore } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';

/** A store of which only the bytes that wait for a commit are looked at. */
function setup(durability?: 'relaxed' | 'strict') {
  const state = { pending: 0, commits: [] as string[] };
  const store = {
    takeEffects: () => [],
    call(method: Method) {
      const needed = state.pending > 0;
      if (method === Method.commit) state.pending = 0;
      return { header: { needed, maintenance: false }, body: new Uint8Array() };
    },
  } as unknown as CoreStore;
  const commit = async (asked: string) => void state.commits.push(asked);
  const files = { commit } as unknown as HostFiles;
  const opened = { store, call: createCallWithFiles(store, files) };
  const loop = createCommitLoop(opened, files, () => {}, durability);
  const write = (wanted?: 'relaxed' | 'strict') => {
    state.pending += 1;
    return loop.settle(wanted);
  };
  return { state, loop, write };
}

test('writers that share a commit get the strictest durability that one asks for', async () => {
  const { state, write } = setup();
  await Promise.all([write(), write('strict'), write('relaxed')]);
  expect(state.commits).toEqual(['strict']);
  await write();
  expect(state.commits).toEqual(['strict', 'relaxed']);
});

test('the durability of the store holds for writers that say nothing', async () => {
  const { state, write } = setup('strict');
  await write();
  expect(state.commits).toEqual(['strict']);
});

test('a strict flush reaches the files although nothing waits', async () => {
  const { state, loop, write } = setup();
  await write();
  await loop.settle();
  await loop.settle('strict');
  expect(state.commits).toEqual(['relaxed', 'strict']);
});
