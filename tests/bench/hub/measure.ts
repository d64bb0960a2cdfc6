// What scripts/bench-hub.mjs measures of a hub on Node.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { call, hubPid, type HubProcess, KEYS, startHub } from '../../edge/hub-process.ts';
import type { Heard } from './listen.ts';
import { event, type Load, load, ON_ITS_CORE, pageOf, send, type Span } from './load.ts';

export { temporaryFolder } from '../../edge/hub-process.ts';
export { cpuTimes } from './cpu.ts';
export { serveNothing } from './load.ts';
export { starve } from './starve.ts';

const LIMIT_MS = 60_000;

/** Imports the lines of a file into the folder of a hub. */
export function fill(folder: string, lines: string): void {
  const data = join(folder, 'data');
  const args = ['dist/hub/cli.js', 'import', '--data', data, lines];
  execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  rmSync(lines);
}

/** Runs `work` against a hub on the folder; also the milliseconds from its start to the first answer. */
export async function withHub<T>(
  folder: string,
  work: (hub: HubProcess, startMs: number) => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const hub = await startHub(folder, { runtime: ON_ITS_CORE });
  try {
    const page = await call(hub, 'POST', '/graphql', { key: KEYS.service, body: pageOf(1) });
    if (page.status !== 200) throw new Error(`the first answer is ${page.status}`);
    const startMs = performance.now() - start;
    const oldest = { query: '{ events(first: 1) { edges { node { id } } } }' };
    await call(hub, 'POST', '/graphql', { key: KEYS.service, body: oldest }); // when all are loaded
    return await work(hub, startMs);
  } finally {
    await hub.stop();
  }
}

/** The same calls against a server that does nothing, which has the hub's core. */
export async function withNothing<T>(work: (url: string) => Promise<T>): Promise<T> {
  const code = `import(${JSON.stringify(import.meta.url)}).then((it) => it.serveNothing())`;
  const args = ['-c', '0', process.execPath, '-e', code];
  const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await new Promise<string>((resolve) => {
      child.stdout.once('data', (line) => resolve(String(line).trim()));
    });
    return await work(url);
  } finally {
    child.kill();
  }
}

export function dispatches(url: string, span: Span): Promise<Load> {
  let number = 0;
  return load(url, 32, span, () => ({
    path: '/api/events',
    body: JSON.stringify(event(number++)),
  }));
}

export function batches(url: string, span: Span): Promise<Load> {
  let number = 0;
  return load(url, 4, span, () => ({
    path: '/api/events/batch',
    body: JSON.stringify(Array.from({ length: 100 }, () => event(number++))),
  }));
}

export function pages(url: string, count: number, warmUpMs: number): Promise<Load> {
  const body = JSON.stringify(pageOf(100));
  let left = count;
  const span = { warmUpMs, limitMs: LIMIT_MS };
  return load(url, 1, span, () => (left-- > 0 ? { path: '/graphql', body } : null));
}

/** Makes `jobs` new sources, then lets 8 workers enroll for them. */
export async function enrolls(url: string, jobs: number, warmUpMs: number): Promise<Load> {
  let left = Math.ceil(jobs / 100);
  const source = { ...event(0), topic: 'publish.render' };
  await load(url, 1, { warmUpMs: 0, limitMs: LIMIT_MS }, () =>
    left-- > 0
      ? { path: '/api/events/batch', body: JSON.stringify(Array(100).fill(source)) }
      : null,
  );
  let asked = 0;
  return load(url, 8, { warmUpMs, limitMs: LIMIT_MS }, (client) =>
    asked++ < jobs
      ? {
          path: '/api/enroll',
          body: JSON.stringify({
            sourceTopic: 'publish.render',
            targetTopic: 'review.transcode',
            sender: `worker-${client}`,
            description: 'Transcode',
          }),
        }
      : null,
  );
}

export interface FanOut {
  /** Milliseconds from the dispatch to the message. */
  p50: number;
  p99: number;
  /** Messages that did not come, or not in order. */
  wrong: number;
  /** Events a second that were dispatched. */
  rate: number;
}

/** `count` sockets receive `events` events that are dispatched at `rate` a second. */
export async function fanOut(
  url: string,
  count: number,
  events: number,
  rate: number,
): Promise<FanOut> {
  const args = ['tests/bench/hub/listen.ts', url, KEYS.service, String(count), String(events)];
  const child = spawn('node_modules/.bin/bun', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next(); // ready
  const pool = new Pool(url, { connections: 4, pipelining: 1 });
  const posts: Promise<void>[] = [];
  const start = performance.now();
  for (let number = 0; number < events; number++) {
    await sleep(Math.max(0, start + (number * 1000) / rate - performance.now()));
    const summary = { number, sentAt: performance.timeOrigin + performance.now() };
    const body = JSON.stringify({ ...event(number), topic: 'bench.fan', summary });
    posts.push(send(pool, { path: '/api/events', body }));
  }
  await Promise.all(posts);
  const seconds = (performance.now() - start) / 1000;
  await pool.close();
  const { counts, wrong }: Heard = JSON.parse((await lines.next()).value);
  return { ...percentiles(counts), wrong, rate: events / seconds };
}

/** `counts[i]` messages took i tenths of a millisecond. */
function percentiles(counts: (number | null)[]): { p50: number; p99: number } {
  const total = counts.reduce<number>((sum, it) => sum + (it ?? 0), 0);
  const at = (share: number) => {
    let seen = 0;
    for (const [step, count] of counts.entries()) {
      seen += count ?? 0;
      if (seen >= total * share) return step / 10;
    }
    return Number.NaN;
  };
  return { p50: at(0.5), p99: at(0.99) };
}

/** Memory of the hub's process that is in RAM, in bytes: its own, and with the files that it maps. */
export function memoryOf(folder: string): { anonymous: number; resident: number } {
  const status = readFileSync(`/proc/${hubPid(folder)}/status`, 'utf8');
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
  return { anonymous: bytes('RssAnon'), resident: bytes('VmRSS') };
}
