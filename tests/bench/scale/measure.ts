// What scripts/bench-scale.mjs measures: each phase of one build after the other, reads of all builds in turn.
import type { Client } from './client.ts';
import { connect } from './client.ts';
import type { Samples } from './events.ts';
import {
  measureCpu,
  measureDispatches,
  measureKills,
  measureRemoval,
  measureSnapshot,
  measureStarts,
} from './phases.ts';
import { type Build, clientOf, load, type RunningHub, start } from './process.ts';
import { readsOf, samplesOf, timeReads } from './reads.ts';

export { temporaryFolder } from '../../edge/hub-process.ts';
export { prepare } from './events.ts';
export { bytesOnDisk } from './phases.ts';
export { importInto } from './process.ts';
export { measureWall } from './wall.ts';

export interface Plan {
  repeats: number;
  dispatches: number;
  cpuRequests: number;
  kills: number;
}

/** Credentials of another server, by the environment. */
function headersOfAyon(): Record<string, string> {
  const { AYON_API_KEY: key, AYON_TOKEN: token } = process.env;
  if (key) return { 'x-api-key': key };
  if (token) return { authorization: `Bearer ${token}` };
  throw new Error('--ayon: set AYON_API_KEY (of a service or an admin) or AYON_TOKEN');
}

/** With all hubs up: reads of every build and of the other server in turn, then CPU and dispatches. */
export async function measureRunning(
  builds: readonly Build[],
  samples: Samples,
  plan: Plan,
  ayon: string | null,
) {
  const hubs: RunningHub[] = [];
  const clients: Client[] = [];
  try {
    for (const build of builds) hubs.push(await start(build));
    for (const { url } of hubs) clients.push(clientOf(url));
    for (const client of clients) await load(client);
    const reads = clients.map(() => readsOf(samples));
    if (ayon !== null) {
      const client = connect(ayon, headersOfAyon());
      clients.push(client);
      reads.push(readsOf(await samplesOf(client)));
    }
    const areChecked = clients.map((_, number) => number < hubs.length);
    const times = await timeReads(clients, reads, { repeats: plan.repeats, areChecked });
    const cpu = [];
    for (const { url, pid } of hubs) {
      cpu.push(await measureCpu(url, pid, plan.cpuRequests));
    }
    const dispatched = [];
    for (const { url, pid } of hubs) {
      dispatched.push(await measureDispatches(url, pid, plan.dispatches));
    }
    return { times, cpu, dispatched };
  } finally {
    for (const client of clients) await client.close();
    for (const hub of hubs) await hub.stop();
  }
}

/** What needs the hub alone; `begin` before the reads, `end` after them, because it removes half of the events. */
export const begin = measureStarts;

export async function end(build: Build, samples: Samples, { kills }: Plan) {
  const snapshot = await measureSnapshot(build, samples);
  const killed = await measureKills(build, kills);
  const removed = await measureRemoval(build, samples);
  return { snapshot, killed, removed };
}
