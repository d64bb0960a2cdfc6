import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import {
  killBrowser,
  launchChromium,
  serveStatic,
  type StaticServer,
} from '../../browser/launch.ts';
import { startTcpProxy } from '../../browser/tcp-proxy.ts';
import { call, KEYS, startHub, temporaryFolder, USERS } from '../../edge/hub-process.ts';
import type { Events, EventsStatus } from '../../../web/client/index.ts';
import { PAGE } from './page.ts';

declare const window: {
  ready: boolean;
  events: Events;
  marks: {
    firstPage: number | null;
    states: (EventsStatus & { at: number })[];
    painted: { description: string; at: number }[];
  };
};

export interface SyncOptions {
  events: number;
  missed: number;
  dispatches: number;
  writes: number;
  /** NDJSON of the events. */
  lines: string;
}

export interface SyncFigures {
  firstPageMs: number;
  syncSeconds: number;
  wireBytesAnEvent: number;
  catchUpMs: number;
  paintedMs: number[];
  drainMs: number;
}

const TIMEOUT = { timeout: 300_000, polling: 20 };
const BATCH = 100;
const PAINT_EVERY_MS = 20;

/** All figures, each with a hub that has been running and a browser that is empty. */
export async function measureSync(
  options: SyncOptions,
  say: (what: string) => void,
): Promise<SyncFigures> {
  const folder = temporaryFolder();
  const profile = temporaryFolder();
  const pages = await serveStatic({ '/': PAGE });
  const users = join(folder.path, 'users-file.json');
  const flags = ['--users', users, '--no-sample', '--origin', new URL(pages.url).origin];
  const importing = ['dist/hub/cli.js', 'import', '--data', join(folder.path, 'data')];
  execFileSync(process.execPath, [...importing, options.lines], { stdio: 'ignore' });
  const hub = await startHub(folder.path, { flags, users: JSON.stringify(USERS) });
  const proxy = await startTcpProxy(hub.url);
  const browser = await launchChromium(profile.path);
  try {
    say('bytes on the wire');
    const bytes = await snapshotBytes(hub.url); // and all of it is loaded now
    say('first sync');
    const first = await firstSync(browser, pages, proxy.url, options.events);
    say('catch-up');
    const catchUpMs = await catchUp(first.page, hub.url, proxy, options);
    say('paint');
    await first.page.close();
    const paintedMs = await paint(browser, pages, proxy.url, hub.url, options.dispatches);
    say('drain');
    const drainMs = await drain(browser, pages, proxy, options.writes);
    return { ...first, wireBytesAnEvent: bytes / options.events, catchUpMs, paintedMs, drainMs };
  } finally {
    proxy.close();
    killBrowser(profile.path);
    pages.close();
    await hub.stop();
    folder.remove();
    profile.remove();
  }
}

/** As it goes over the network, compressed, to a client that asks for it as browsers do. */
async function snapshotBytes(url: string): Promise<number> {
  const headers = { 'x-api-key': KEYS.admin, 'accept-encoding': 'gzip, deflate, br, zstd' };
  const asked = request(`${url}/api/snapshot?form=columns`, { headers }).end();
  const [response] = await once(asked, 'response');
  let bytes = 0;
  for await (const chunk of response) bytes += chunk.length;
  return bytes;
}

async function openPage(
  browser: BrowserContext,
  pages: StaticServer,
  server: string,
  name: string,
  topic = '',
): Promise<Page> {
  const page = await browser.newPage();
  const hash = [server, KEYS.admin, name, topic].join(' ');
  await page.goto(`${pages.url}#${encodeURIComponent(hash)}`);
  await page.waitForFunction(() => window.ready);
  return page;
}

async function firstSync(
  browser: BrowserContext,
  pages: StaticServer,
  server: string,
  events: number,
) {
  const page = await openPage(browser, pages, server, 'first');
  await page.waitForFunction(
    (all) => {
      const { connection, events: count, saving } = window.events.status;
      return connection === 'live' && count >= all && !saving;
    },
    events,
    TIMEOUT,
  );
  const [firstPage, synced] = await page.evaluate(() => {
    const { firstPage: shown, states } = window.marks;
    return [shown ?? Number.NaN, (states.at(-1)?.at ?? Number.NaN) - performance.timeOrigin];
  });
  return { page, firstPageMs: firstPage, syncSeconds: synced / 1000 };
}

async function catchUp(
  page: Page,
  hub: string,
  proxy: { setDown(isDown: boolean): void },
  { events, missed }: SyncOptions,
): Promise<number> {
  proxy.setDown(true);
  await page.waitForFunction(() => window.events.status.connection === 'waiting', null, TIMEOUT);
  for (let sent = 0; sent < missed; sent += BATCH) {
    const body = Array.from({ length: BATCH }, (_, i) => ({
      topic: 'bench.missed',
      description: `missed ${sent + i}`,
    }));
    await call({ url: hub }, 'POST', '/api/events/batch', { key: KEYS.admin, body });
  }
  proxy.setDown(false);
  await page.waitForFunction(
    (all) => {
      const { connection, events: count, saving } = window.events.status;
      return connection === 'live' && count >= all && !saving;
    },
    events + missed,
    TIMEOUT,
  );
  // From the socket that opened until all of it is here and saved.
  return page.evaluate(() => {
    const { states } = window.marks;
    const waited = states.findLastIndex(({ connection }) => connection === 'waiting');
    const opened = states[waited + 1];
    return (states.at(-1)?.at ?? Number.NaN) - (opened?.at ?? Number.NaN);
  });
}

/** From before the request is sent to the hub until the row is painted; one clock, one machine. */
async function paint(
  browser: BrowserContext,
  pages: StaticServer,
  server: string,
  hub: string,
  count: number,
): Promise<number[]> {
  const page = await openPage(browser, pages, server, 'first', 'bench.paint');
  await page.waitForFunction(() => window.events.status.connection === 'live', null, TIMEOUT);
  const sent: number[] = [];
  for (let i = 0; i < count; i++) {
    sent.push(performance.timeOrigin + performance.now());
    const body = { topic: 'bench.paint', description: String(i) };
    await call({ url: hub }, 'POST', '/api/events', { key: KEYS.admin, body });
    await new Promise((resolve) => setTimeout(resolve, PAINT_EVERY_MS));
  }
  const enough = (wanted: number) =>
    new Set(window.marks.painted.map(({ description }) => description)).size >= wanted;
  await page.waitForFunction(enough, count, TIMEOUT);
  const painted = await page.evaluate(() => window.marks.painted);
  await page.close();
  return painted.map(({ description, at }) => at - (sent[Number(description)] ?? Number.NaN));
}

/** From live until the hub has all that was dispatched without it. */
async function drain(
  browser: BrowserContext,
  pages: StaticServer,
  proxy: { url: string; setDown(isDown: boolean): void },
  writes: number,
): Promise<number> {
  const page = await openPage(browser, pages, proxy.url, 'drain', 'bench.drain');
  await page.waitForFunction(() => window.events.status.connection === 'live', null, TIMEOUT);
  proxy.setDown(true);
  await page.waitForFunction(() => window.events.status.connection === 'waiting', null, TIMEOUT);
  await page.evaluate(async (count) => {
    const made = Array.from({ length: count }, (_, i) =>
      window.events.dispatch({ topic: 'bench.drain', description: String(i) }),
    );
    await Promise.all(made);
  }, writes);
  proxy.setDown(false);
  await page.waitForFunction(
    () => {
      const { connection, queuedWrites } = window.events.status;
      return connection === 'live' && queuedWrites === 0;
    },
    null,
    TIMEOUT,
  );
  const milliseconds = await page.evaluate(() => {
    const { states } = window.marks;
    const live = states.findLast(
      ({ connection }, i) => connection === 'live' && states[i - 1]?.connection !== 'live',
    );
    const done = states.find(({ at, queuedWrites }) => at > (live?.at ?? 0) && queuedWrites === 0);
    return (done?.at ?? Number.NaN) - (live?.at ?? Number.NaN);
  });
  await page.close();
  return milliseconds;
}
