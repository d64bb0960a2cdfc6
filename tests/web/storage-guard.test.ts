import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { StorageProblem, type StorageProblemKind } from '../../wasm/storage-problem.ts';
import { guardStorage } from '../../worker/browser/storage-guard.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Files whose commits fail as `disk.problem` says. */
function badDisk(problem: StorageProblemKind | null) {
  const disk = { problem, commits: 0 };
  const files: HostFiles = {
    ...memoryFiles(),
    commit() {
      disk.commits++;
      return disk.problem
        ? Promise.reject(new StorageProblem(disk.problem, `it is ${disk.problem}`))
        : Promise.resolve();
    },
  };
  return { disk, files };
}

async function commits(files: HostFiles, times: number): Promise<string[]> {
  const outcomes: string[] = [];
  for (let i = 0; i < times; i++) {
    outcomes.push(
      await files.commit('relaxed').then(
        () => 'fine',
        (error) => error.kind,
      ),
    );
  }
  return outcomes;
}

test('room is made once, after three refusals in a row, and is enough', async () => {
  const { disk, files } = badDisk('quota');
  const guarded = guardStorage(files);
  let asked = 0;
  guarded.listen({
    async onFull() {
      asked++;
      disk.problem = null;
    },
    onChange() {},
  });
  expect(await commits(guarded, 2)).toEqual(['quota', 'quota']);
  expect(asked).toBe(0);
  expect(await commits(guarded, 2)).toEqual(['quota', 'fine']);
  expect(asked).toBe(1);
  expect(guarded.state()).toEqual({ storage: 'durable', problem: null, message: null });
});

test('while room is being made a refused commit is an error, and memory only comes after it', async () => {
  const { files } = badDisk('quota');
  const guarded = guardStorage(files, 1000, 5000);
  guarded.listen({ onFull: () => new Promise(() => {}), onChange() {} });
  expect(await commits(guarded, 6)).toEqual(Array(6).fill('quota'));
  expect(guarded.state().storage).toBe('durable');
  await vi.advanceTimersByTimeAsync(5000); // the limit of making room
  expect(await commits(guarded, 2)).toEqual(['quota', 'fine']);
  expect(guarded.state()).toMatchObject({ storage: 'memory', problem: 'quota' });
});

test('the change to memory only is told before any commit resolves in it', async () => {
  const { disk, files } = badDisk('quota');
  const guarded = guardStorage(files, 1000);
  const told: string[] = [];
  guarded.listen({
    onFull: () => Promise.resolve(),
    onChange: () => told.push(guarded.state().storage),
  });
  expect(await commits(guarded, 4)).toEqual(Array(4).fill('quota'));
  expect(told).toEqual(['durable', 'memory']);
  const tried = disk.commits;
  expect(await commits(guarded, 3)).toEqual(['fine', 'fine', 'fine']);
  expect(disk.commits).toBe(tried);
  await expect(guarded.flush()).rejects.toMatchObject({ kind: 'quota' });
  disk.problem = null;
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).toEqual(['durable', 'memory', 'durable']);
  expect(guarded.state().problem).toBeNull();
});

test('a flush saves what was in memory only as soon as there is space', async () => {
  const { disk, files } = badDisk('quota');
  const guarded = guardStorage(files);
  await commits(guarded, 4);
  expect(guarded.state().storage).toBe('memory');
  disk.problem = null;
  await guarded.flush();
  expect(guarded.state()).toEqual({ storage: 'durable', problem: null, message: null });
  expect(vi.getTimerCount()).toBe(0);
});

test('an owner that is fenced while it is in memory only hears it at the next commit', async () => {
  const { disk, files } = badDisk('quota');
  const guarded = guardStorage(files, 1000);
  await commits(guarded, 4);
  disk.problem = 'fenced';
  await vi.advanceTimersByTimeAsync(1000);
  expect(guarded.state().problem).toBe('fenced');
  expect(await commits(guarded, 1)).toEqual(['fenced']);
});

test('other problems never lead to memory only, and end with the commit that goes through', async () => {
  const { disk, files } = badDisk('unavailable');
  const guarded = guardStorage(files);
  expect(await commits(guarded, 10)).toEqual(Array(10).fill('unavailable'));
  expect(guarded.state()).toMatchObject({ storage: 'durable', problem: 'unavailable' });
  disk.problem = null;
  expect(await commits(guarded, 1)).toEqual(['fine']);
  expect(guarded.state().problem).toBeNull();
});

test('a loss stays in the status although later commits go through', async () => {
  const { disk, files } = badDisk('lost');
  const guarded = guardStorage(files);
  expect(await commits(guarded, 1)).toEqual(['lost']);
  disk.problem = null;
  expect(await commits(guarded, 1)).toEqual(['fine']);
  expect(guarded.state()).toMatchObject({ storage: 'durable', problem: 'lost' });
});

test('a checkpoint that fails is a problem until one succeeds, though everything is saved', async () => {
  const { disk, files } = badDisk(null);
  const guarded = guardStorage(files);
  const told: (string | null)[] = [];
  guarded.listen({
    onFull: () => Promise.resolve(),
    onChange: () => told.push(guarded.state().problem),
  });
  guarded.ended('checkpoint', new Error('no room for it'));
  guarded.ended('checkpoint', new Error('no room for it'));
  expect(guarded.state()).toMatchObject({ storage: 'durable', problem: 'checkpoint' });
  expect(guarded.state().message).toMatch(
    /^no room for it: no checkpoint can be written; .* saved/,
  );
  expect(await commits(guarded, 1)).toEqual(['fine']);
  disk.problem = 'closed';
  expect(await commits(guarded, 1)).toEqual(['closed']);
  guarded.ended('checkpoint', new Error('no room for it')); // what is not saved matters more
  disk.problem = null;
  expect(await commits(guarded, 1)).toEqual(['fine']);
  guarded.ended('checkpoint', null);
  expect(told).toEqual(['checkpoint', 'closed', 'checkpoint', null]);
});

test('after the end nothing is tried any more, and no commit is called fine', async () => {
  const { disk, files } = badDisk('quota');
  const guarded = guardStorage(files, 1000);
  await commits(guarded, 4);
  expect(guarded.state().storage).toBe('memory');
  guarded.close();
  const tried = disk.commits;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(disk.commits).toBe(tried);
  expect(await commits(guarded, 1)).toEqual(['quota']);
  expect(vi.getTimerCount()).toBe(0);
});
