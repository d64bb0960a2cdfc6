import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  call,
  type HubProcess,
  KEYS,
  startHub,
  temporaryFolder,
  USERS,
} from '../edge/hub-process.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';

const PAGE = `<!doctype html><meta charset="utf-8"><title>follow</title>
<script type="module">
  import { openEvents } from '/index.js';
  const [server, token, user] = decodeURIComponent(location.hash.slice(1)).split(' ');
  window.events = await openEvents({ server, token, user });
  window.ready = true;
</script>`;

declare const window: { events: import('../../web/client/index.ts').Events; ready: boolean };

/** Longer than the longest back-off of a connection (30 s). */
const WAIT = { timeout: 45_000 };

const data = temporaryFolder();
const profile = temporaryFolder();
let server: StaticServer;
let hub: HubProcess;
let browser: BrowserContext;

beforeAll(async () => {
  server = await serveStatic({ '/': PAGE });
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

function start(port = 0): Promise<HubProcess> {
  const users = `${data.path}/users-file.json`;
  const flags = ['--users', users, '--no-sample', '--origin', new URL(server.url).origin];
  return startHub(data.path, { port, flags, users: JSON.stringify(USERS) });
}

async function open(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${server.url}#${encodeURIComponent(`${hub.url} ${KEYS.admin} adm`)}`);
  await page.waitForFunction(() => window.ready);
  return page;
}

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
