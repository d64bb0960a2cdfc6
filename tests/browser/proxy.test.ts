import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, type HubProcess, KEYS, temporaryFolder } from '../edge/hub-process.ts';
import { type HubWindow, openPage, servePages, startHubFor, WAIT } from './hub-page.ts';
import { killBrowser, launchChromium, type StaticServer } from './launch.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

declare const window: HubWindow;

const TEST_MS = 180_000;
const ROUNDS = 8;
const ROUND_MS = 700;
const FLOOD = 1500;
const BATCH = 500;

const data = temporaryFolder();
const profile = temporaryFolder();
let server: StaticServer;
let hub: HubProcess;
let proxy: TcpProxy;
let browser: BrowserContext;

beforeAll(async () => {
  server = await servePages();
  hub = await startHubFor(server, data.path);
  proxy = await startTcpProxy(hub.url);
  browser = await launchChromium(profile.path);
});
afterAll(async () => {
  proxy.close();
  await hub.stop();
  server.close();
  killBrowser(profile.path);
  data.remove();
  profile.remove();
});

const request = (method: string, path: string, body?: unknown) =>
  call(hub, method, path, { key: KEYS.admin, body });

const shown = ({ id, topic, status, description }: Record<string, unknown>) =>
  [id, topic, status, description].join(' ');

const sorted = (ndjson: string) =>
  ndjson
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => 'topic' in line)
    .map(shown)
    .sort();

const inPage = async (page: Page) =>
  sorted(await page.evaluate(() => new Response(window.events.export()).text()));

async function atHub(): Promise<string[]> {
  const headers = { 'x-api-key': KEYS.admin };
  return sorted(await (await fetch(`${hub.url}/api/snapshot`, { headers })).text());
}

async function workAtHub(round: number, known: string[]): Promise<void> {
  const { id } = (
    await request('POST', '/api/events', { topic: 'demo.hub', description: `hub ${round}` })
  ).body;
  known.push(id);
  await request('PATCH', `/api/events/${known[round % known.length]}`, {
    status: round % 2 === 0 ? 'in_progress' : 'finished',
  });
  if (round % 4 === 3) await request('DELETE', `/api/events/${known.shift()}`);
}

async function flood(): Promise<void> {
  for (let sent = 0; sent < FLOOD; sent += BATCH) {
    const body = Array.from({ length: BATCH }, (_, i) => ({
      topic: 'demo.flood',
      description: `flood ${sent + i}`,
    }));
    await request('POST', '/api/events/batch', body);
  }
}

function workInPage(page: Page, round: number): Promise<void> {
  return page.evaluate(async (number) => {
    const { events } = window;
    const { id } = await events.dispatch({ topic: 'demo.page', description: `page ${number}` });
    await events.update(id, { description: `page ${number}, changed` });
    if (number % 5 === 4) await events.remove(id);
  }, round);
}

test(
  'a network that cuts, stalls and floods leaves both sides equal',
  async () => {
    const page = await openPage(browser, server, { ...hub, url: proxy.url });
    await expect
      .poll(() => page.evaluate(() => window.events.status.connection), WAIT)
      .toBe('live');
    const known: string[] = [];
    const faults = [
      () => proxy.cut(),
      () => proxy.stall(),
      () => flood(),
      () => proxy.resume(),
      () => proxy.setDown(true),
      () => flood(),
      () => proxy.setDown(false),
    ];
    for (let round = 0; round < ROUNDS; round++) {
      await faults[round % faults.length]?.();
      await workAtHub(round, known);
      await workInPage(page, round);
      await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    }
    proxy.setDown(false);
    proxy.resume();
    await expect.poll(() => page.evaluate(() => window.events.status.queuedWrites), WAIT).toBe(0);
    const expected = await atHub();
    expect(expected.length).toBeGreaterThan(2 * FLOOD);
    await expect.poll(() => inPage(page), WAIT).toEqual(expected);
    expect(expected.filter((event) => event.includes('demo.page'))).toHaveLength(
      ROUNDS - Math.floor(ROUNDS / 5),
    );
  },
  TEST_MS,
);
