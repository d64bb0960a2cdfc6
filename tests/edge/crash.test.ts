import { expect, test } from 'vitest';
import { runKills } from './crash.ts';
import { BUN, DENO } from './runtimes.ts';

const seed = Date.now() % 1_000_000;

test.each([
  ['Node', [process.execPath], 3],
  ['Deno', DENO, 1],
  ['Bun', BUN, 1],
])(
  `a hub on %s that is killed under load loses no acknowledged write (seed ${seed})`,
  async (_name, runtime, kills) => {
    const failures: string[][] = [];
    const onKill = (_kill: number, problems: string[]) => void failures.push(problems);
    await runKills({ kills, seed, runtime, onKill });
    expect(failures).toEqual(Array.from({ length: kills }, () => []));
  },
);
