import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { BrowserContext, Page } from 'playwright-core';
import { COVERAGE } from './collected.ts';

/** What a browser needs on its command line. */
export const COVERAGE_FLAGS = COVERAGE
  ? ['--remote-debugging-port=0', '--blink-settings=v8CacheOptions=1']
  : [];

/** Longest wait for what the pages of a browser covered, in milliseconds. */
const TAKE_MS = 3_000;

/** How long the script of a new worker is delayed: a driver resumes a worker as soon as it learns of it. */
const WORKER_MS = 100;

/** To be waited for before the script of a worker is served: what runs earlier is not seen in full. */
export async function untilWorkerIsCovered(): Promise<void> {
  if (COVERAGE) await sleep(WORKER_MS);
}

/** Of every browser that runs, by its profile: asks for what was covered so far. */
const browsers = new Map<string, () => Int32Array<SharedArrayBuffer>>();

/** Collects what the pages and workers of this browser cover, when it is asked to. */
export async function coverBrowser(context: BrowserContext, profile: string): Promise<void> {
  if (!COVERAGE) return;
  const thread = new Worker(resolve('tests/coverage/chromium-thread.mjs'), {
    workerData: { profile, folder: COVERAGE, files: randomUUID() },
    env: {}, // without what a process of the tests collects
  });
  thread.unref();
  await once(thread, 'message');
  const ask = () => {
    const done = new Int32Array(new SharedArrayBuffer(4));
    thread.postMessage(done);
    return done;
  };
  const take = async () => {
    const done = ask();
    for (let waited = 0; Atomics.load(done, 0) === 0 && waited < TAKE_MS; waited += 5)
      await sleep(5);
  };
  browsers.set(profile, ask);
  const forget = () => {
    if (browsers.get(profile) === ask) browsers.delete(profile);
  };
  thread.on('exit', forget);
  // Coverage of a page or a worker ends with it.
  const beforeLeaving = (page: Page) => {
    for (const name of ['close', 'goto', 'reload'] as const) before(page, name, take);
  };
  context.pages().forEach(beforeLeaving);
  context.on('page', beforeLeaving);
  before(context, 'close', async () => {
    await take();
    forget();
  });
}

/** Takes what a browser covered before it is killed, without a promise. */
export function takeCoverage(profile: string): void {
  const ask = browsers.get(profile);
  if (!ask) return;
  browsers.delete(profile);
  Atomics.wait(ask(), 0, 0, TAKE_MS);
}

function before<Name extends string>(
  target: { [name in Name]: (...args: never[]) => Promise<unknown> },
  name: Name,
  first: () => Promise<void>,
): void {
  const original = target[name];
  Object.assign(target, {
    async [name](...args: never[]) {
      await first();
      return original.apply(target, args);
    },
  });
}
