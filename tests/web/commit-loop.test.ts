import { expect, test, vi } from 'vitest';
import { createCallWithFiles } from '../../wasm/call-with-files.ts';
import { createCommitLoop } from '../../wasm/commit-loop.ts';
import type { HostFiles } from '../../wasm/host-files.ts';
import { CoreCrash, CoreError, type CoreStore } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';

const LISTENER = { carryOut: () => {}, ended: () => {} };

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
  const loop = createCommitLoop(opened, files, LISTENER, durability);
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

test('a checkpoint that meets a commit, or the end of the core, has not failed', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const outcomes = [
      new CoreError('state', 'a commit is running'),
      new CoreError('too_large', 'no room'),
      new CoreCrash('out of memory'),
      null,
    ];
    const store = {
      takeEffects: () => [],
      call(method: Method) {
        const error = method === Method.maintain && outcomes.shift();
        if (error) throw error;
        return { header: { needed: true, maintenance: true, more: false }, body: new Uint8Array() };
      },
    } as unknown as CoreStore;
    const files = { commit: () => Promise.resolve() } as unknown as HostFiles;
    const ended: (string | null)[] = [];
    const loop = createCommitLoop({ store, call: createCallWithFiles(store, files) }, files, {
      carryOut: () => {},
      ended: (step, error) => step === 'checkpoint' && ended.push(error?.message ?? null),
    });
    for (const left of [3, 2, 1, 0]) {
      await loop.maintain();
      expect(outcomes).toHaveLength(left);
      vi.advanceTimersByTime(10_000);
    }
    expect(ended).toEqual(['no room', null]);
  } finally {
    vi.useRealTimers();
  }
});
