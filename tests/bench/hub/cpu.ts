// How long a hub's process computes for one request (npm run bench:hub): less than the time until its answer,
// and hardly disturbed by what else the machine does.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import { hubPid, startHub } from '../../edge/hub-process.ts';
import { type Call, event, ON_ITS_CORE, pageOf, send } from './load.ts';

/** Linux counts the time of a process in hundredths of a second. */
const TICK_MS = 10;

/** What is measured: in the table of bench:hub by these names. */
const CALLS: Readonly<Record<string, (number: number) => Call>> = {
  'GraphQL, 1 row': () => ({ path: '/graphql', body: JSON.stringify(pageOf(1)) }),
  'GraphQL, 100 rows': () => ({ path: '/graphql', body: JSON.stringify(pageOf(100)) }),
  'GET /api/users/me': () => ({ path: '/api/users/me' }),
  dispatch: (number) => ({ path: '/api/events', body: JSON.stringify(event(number)) }),
};

/** Milliseconds for one request, by the names of `CALLS`: a list of rounds for each build. */
export type CpuTimes = Record<string, number[]>[];

export interface CpuPlan {
  /** Requests in a round, after as many that do not count in the first one. */
  requests: number;
  rounds: number;
}

/** CPU of the process so far, in milliseconds, of all its threads. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function cpuOfOne(
  url: string,
  pid: number,
  requests: number,
  callOf: (number: number) => Call,
): Promise<number> {
  const pool = new Pool(url, { connections: 1, pipelining: 1 });
  const before = cpuOf(pid);
  for (let number = 0; number < requests; number++) await send(pool, callOf(number));
  const taken = cpuOf(pid) - before;
  await pool.close();
  return taken / requests;
}

/**
 * Measures the hubs of these commands (`dist/hub/cli.js` of several builds) on copies of one folder, taking
 * turns, so that what the machine does meanwhile meets all of them.
 */
export async function cpuTimes(
  folder: string,
  clis: readonly string[],
  { requests, rounds }: CpuPlan,
): Promise<CpuTimes> {
  const hubs = [];
  try {
    for (const [number, cli] of clis.entries()) {
      const own = join(folder, `build-${number}`);
      cpSync(join(folder, 'data'), join(own, 'data'), { recursive: true });
      const hub = await startHub(own, { cli, runtime: ON_ITS_CORE });
      hubs.push({ hub, pid: hubPid(own), times: {} as Record<string, number[]> });
    }
    for (let round = -1; round < rounds; round++) {
      for (const [name, callOf] of Object.entries(CALLS)) {
        for (const { hub, pid, times } of hubs) {
          const taken = await cpuOfOne(hub.url, pid, requests, callOf);
          if (round >= 0) times[name] = [...(times[name] ?? []), taken];
        }
      }
    }
    return hubs.map(({ times }) => times);
  } finally {
    for (const { hub } of hubs) await hub.stop();
  }
}
