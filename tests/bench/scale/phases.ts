// The phases of npm run bench:scale for one build: what starts, waits, writes, removes and kills cost.
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { KEYS } from '../../edge/hub-process.ts';
import type { Samples } from './events.ts';
import {
  type Build,
  clientOf,
  cpuOf,
  load,
  residentOf,
  sizeOf,
  start,
  verify,
  withHub,
  writtenBy,
} from './process.ts';
import { probeWhile, type Waits } from './probes.ts';
import { page, rowsOf } from './reads.ts';

const IN_FLIGHT = 16;
const CPU_ROUNDS = 5;
const IDS_OF_A_QUERY = 100;

/** Memory in bytes, times in milliseconds. */
export interface Started {
  firstPageMs: number;
  idle: number;
  loaded: number;
  written: number;
  firstWriteMs: number;
  loading: Waits;
  firstWrite: Waits;
}

const dispatchOf = (number: number) => ({
  path: '/api/events',
  body: {
    topic: 'bench.write',
    project: 'aurora',
    description: `write ${number}`,
    summary: { number },
  },
});

/** Two starts: in one others ask while the rest is loaded, in the other the first write comes after it. */
export async function measureStarts(build: Build, { ids }: Samples): Promise<Started> {
  const id = ids.at(-1) ?? '';
  const loading = await withHub(build, async ({ url }) => {
    const client = clientOf(url);
    const { waits } = await probeWhile(url, id, () => load(client));
    await client.close();
    return waits;
  });
  return withHub(build, async ({ url, pid, firstPageMs }) => {
    const client = clientOf(url);
    const idle = residentOf(pid);
    await load(client);
    const loaded = residentOf(pid);
    const { waits, result } = await probeWhile(url, id, () => client.timed(dispatchOf(0)));
    for (let number = 1; number < 200; number++) await client.timed(dispatchOf(number));
    await client.close();
    const written = residentOf(pid);
    return {
      firstPageMs,
      idle,
      loaded,
      written,
      firstWriteMs: result.ms,
      loading,
      firstWrite: waits,
    };
  });
}

export interface Dispatched {
  times: number[];
  seconds: number;
  /** Bytes that the hub wrote for each. */
  bytes: number;
}

/** `count` dispatches, 16 in flight. */
export async function measureDispatches(url: string, pid: number, count: number) {
  const client = clientOf(url, IN_FLIGHT);
  const before = writtenBy(pid);
  const times: number[] = [];
  let number = 0;
  const begin = performance.now();
  const send = async () => {
    while (number < count) times.push((await client.timed(dispatchOf(number++))).ms);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, send));
  const seconds = (performance.now() - begin) / 1000;
  await client.close();
  return { times, seconds, bytes: (writtenBy(pid) - before) / count };
}

/** Milliseconds of CPU for a GraphQL page of 1 and of 100 rows, which take turns in rounds. */
export async function measureCpu(url: string, pid: number, requests: number) {
  const client = clientOf(url);
  const taken: [number, number] = [0, 0];
  const each = Math.ceil(requests / CPU_ROUNDS);
  for (let round = -1; round < CPU_ROUNDS; round++) {
    for (const [at, rows] of [1, 100].entries()) {
      const before = cpuOf(pid);
      for (let number = 0; number < each; number++) await client.timed(page(`last: ${rows}`));
      if (round >= 0) taken[at] = (taken[at] ?? 0) + cpuOf(pid) - before;
    }
  }
  await client.close();
  return { one: taken[0] / (each * CPU_ROUNDS), hundred: taken[1] / (each * CPU_ROUNDS) };
}

export interface Snapshot {
  ms: number;
  bytes: number;
  resident: number;
  waits: Waits;
}

/** A snapshot as a follower takes it, while others ask. */
export async function measureSnapshot(build: Build, { ids }: Samples): Promise<Snapshot> {
  return withHub(build, async ({ url, pid }) => {
    const { waits, result } = await probeWhile(url, ids.at(-1) ?? '', async () => {
      const begin = performance.now();
      const headers = { 'x-api-key': KEYS.service, 'accept-encoding': 'br, gzip' };
      const path = `${url}/api/snapshot?form=columns&end=true`;
      const answer = await request(path, {
        headers,
        headersTimeout: 600_000,
        bodyTimeout: 600_000,
      });
      let bytes = 0;
      for await (const piece of answer.body) bytes += piece.length;
      if (answer.statusCode !== 200 || bytes === 0)
        throw new Error(`snapshot: ${answer.statusCode}`);
      return { ms: performance.now() - begin, bytes };
    });
    return { ...result, resident: residentOf(pid), waits };
  });
}

export interface Removed {
  ms: number;
  waits: Waits;
  restartMs: number;
  resident: number;
}

/** Removes the older half in one request, and looks whether exactly it is gone; then a start. */
export async function measureRemoval(build: Build, samples: Samples): Promise<Removed> {
  const conditions = [{ key: 'created_at', operator: 'lt', value: samples.halfTime }];
  const body = { type: 'delete', filter: { conditions } };
  const isOld = `first: 1, includeLogs: true, olderThan: ${JSON.stringify(samples.halfTime)}`;
  const removed = await withHub(build, async ({ url, pid }) => {
    const client = clientOf(url);
    await load(client);
    const { waits, result } = await probeWhile(url, samples.ids.at(-1) ?? '', () =>
      client.timed({ path: '/api/eventops', body }),
    );
    const left = rowsOf((await client.timed(page(isOld))).answer);
    const [first] = rowsOf((await client.timed(page('first: 1, includeLogs: true'))).answer);
    await client.close();
    if (left.length > 0 || first?.createdAt !== samples.halfTime) {
      throw new Error('the delete did not remove exactly the older half');
    }
    return { ms: result.ms, waits, resident: residentOf(pid) };
  });
  const restartMs = await withHub(build, async ({ firstPageMs }) => firstPageMs);
  return { ...removed, restartMs };
}

export interface Killed {
  acknowledged: number;
  missing: number;
  /** Of the kills, those after which verify found a problem. */
  unclean: number;
  restartMs: number[];
}

/**
 * Kills the hub under load `kills` times, at moments that a seed gives, after its first dispatch, which waits until all
 * is loaded.
 */
export async function measureKills(build: Build, kills: number): Promise<Killed> {
  const acknowledged: string[] = [];
  const killed: Killed = { acknowledged: 0, missing: 0, unclean: 0, restartMs: [] };
  for (let kill = 0; kill < kills; kill++) {
    const hub = await start(build);
    const client = clientOf(hub.url, IN_FLIGHT);
    let isOver = false;
    const send = async () => {
      while (!isOver) {
        const { answer } = await client.timed(dispatchOf(acknowledged.length));
        acknowledged.push(answer.id);
      }
    };
    acknowledged.push((await client.timed(dispatchOf(acknowledged.length))).answer.id);
    const sending = Promise.allSettled(Array.from({ length: IN_FLIGHT }, send));
    await sleep(100 + ((kill * 373) % 1400));
    await hub.stop('SIGKILL');
    isOver = true;
    await sending;
    await client.close();
    if (!verify(build).isClean) killed.unclean++;
    killed.restartMs.push(await withHub(build, async ({ firstPageMs }) => firstPageMs));
  }
  killed.acknowledged = acknowledged.length;
  killed.missing = await withHub(build, ({ url }) => missingOf(url, acknowledged));
  return killed;
}

async function missingOf(url: string, ids: readonly string[]): Promise<number> {
  const client = clientOf(url);
  let missing = 0;
  for (let at = 0; at < ids.length; at += IDS_OF_A_QUERY) {
    const asked = ids.slice(at, at + IDS_OF_A_QUERY);
    const args = `last: ${IDS_OF_A_QUERY}, includeLogs: true, ids: ${JSON.stringify(asked)}`;
    missing += asked.length - rowsOf((await client.timed(page(args))).answer).length;
  }
  await client.close();
  return missing;
}

/** Bytes of files an event. */
export const bytesOnDisk = (build: Build, events: number): number => sizeOf(build) / events;
