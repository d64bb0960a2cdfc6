import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, type HubProcess, KEYS, temporaryFolder } from '../edge/hub-process.ts';
import { type HubWindow, openPage, servePages, startHubFor, WAIT } from './hub-page.ts';
import { killBrowser, launchChromium, type StaticServer } from './launch.ts';

declare const window: HubWindow;

const data = temporaryFolder();
const profile = temporaryFolder();
let server: StaticServer;
let hub: HubProcess;
let browser: BrowserContext;

beforeAll(async () => {
  server = await servePages();
  hub = await start();
  browser = await launchChromium(profile.path);
});
afterAll(async () => {
  await hub.stop();
  server.close();
  killBrowser(profile.path);
  data.remove();
  profile.remove();
});

const start = (port = 0) => startHubFor(server, data.path, port);

const open = () => openPage(browser, server, hub);

const topics = (page: Page) =>
  page.evaluate(async () =>
    (await window.events.query({})).events.map(({ topic }) => topic).sort(),
  );

async function dispatch(topic: string): Promise<string> {
  return (await call(hub, 'POST', '/api/events', { key: KEYS.admin, body: { topic } })).body.id;
}

const remove = (id: string) => call(hub, 'DELETE', `/api/events/${id}`, { key: KEYS.admin });

test('what others delete goes here, live and after an absence', async () => {
  const [first, second] = [await dispatch('demo.first'), await dispatch('demo.second')];
  await dispatch('demo.third');
  let page = await open();
  await expect.poll(() => topics(page), WAIT).toEqual(['demo.first', 'demo.second', 'demo.third']);
  await remove(first);
  await expect.poll(() => topics(page), WAIT).toEqual(['demo.second', 'demo.third']);
  await page.close();
  await remove(second);
  page = await open();
  await expect.poll(() => topics(page), WAIT).toEqual(['demo.third']);
  await page.close();
});

test('a hub whose history cannot be followed gives a snapshot', async () => {
  let page = await open();
  await expect.poll(() => topics(page), WAIT).toEqual(['demo.third']);
  await page.close();
  await hub.stop();
  const lines = join(data.path, 'lines.ndjson');
  writeFileSync(
    lines,
    `{"id":"${'ab'.repeat(16)}","topic":"demo.imported","createdAt":"2026-01-01T00:00:00+00:00","updatedAt":"2026-01-01T00:00:00+00:00"}\n`,
  );
  const args = ['dist/hub/cli.js', 'import', '--data', join(data.path, 'data'), lines];
  execFileSync(process.execPath, args, { stdio: 'ignore' });
  hub = await start(Number(new URL(hub.url).port));
  page = await open();
  await expect.poll(() => topics(page), WAIT).toEqual(['demo.imported', 'demo.third']);
  await dispatch('demo.after');
  await expect.poll(() => topics(page), WAIT).toHaveLength(3);
  await page.close();
});
