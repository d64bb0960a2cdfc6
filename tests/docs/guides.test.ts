import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killBrowser, launchChromium } from '../browser/launch.ts';
import { allEvents, call, KEYS, startHub, temporaryFolder, USERS } from '../edge/hub-process.ts';
import { block } from './blocks.ts';
import { serveGuide } from './guide-page.ts';

/** What the guide of the cache defines. */
interface CacheWindow {
  refusals(): Promise<unknown[]>;
  giveUp(): Promise<void>;
  signOut(): Promise<void>;
  remove(): Promise<string>;
}
declare const window: CacheWindow & { stop: AbortController };

const WAIT = { timeout: 30_000 };
const profile = temporaryFolder();
const folder = temporaryFolder();
let browser: BrowserContext;

beforeAll(async () => {
  browser = await launchChromium(profile.path);
});
afterAll(() => {
  killBrowser(profile.path);
  profile.remove();
  folder.remove();
});

async function open(url: string) {
  const page = await browser.newPage();
  const errors: string[] = [];
  const lines: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => lines.push(message.text()));
  await page.goto(url);
  return { page, errors, lines };
}

test(
  'the offline cache: shown at once, written offline, sent when the hub is back',
  { timeout: 180_000 },
  async () => {
    const code = [
      block('docs/offline-cache.md#open'),
      block('docs/offline-cache.md#show'),
      block('docs/offline-cache.md#status'),
      block('docs/offline-cache.md#write'),
      block('docs/offline-cache.md#refused'),
      block('docs/offline-cache.md#sign-out'),
      `const remove = async () => {
       const { events: [first] } = await events.query();
       return events.remove(first.id).then(() => 'removed', (error) => error.code);
     };
     Object.assign(window, { refusals, giveUp, signOut, remove });`,
    ].join('\n');
    let hubUrl = '';
    const site = await serveGuide(block('docs/offline-cache.md#page'), () =>
      code.replace('http://127.0.0.1:5000', hubUrl),
    );
    const flags = [
      '--users',
      join(folder.path, 'users-file.json'),
      '--no-sample',
      '--origin',
      site.url,
    ];
    const alice = { name: 'alice', password: 'a password', data: { isManager: true } };
    const users = JSON.stringify([...USERS.filter(({ name }) => name !== 'alice'), alice]);
    const start = (port: number) => startHub(folder.path, { port, users, flags });
    let hub = await start(0);
    hubUrl = hub.url;
    const { page, errors } = await open(site.url);
    const state = () => page.locator('#state').textContent();
    const rows = () => page.locator('#renders li').allTextContents();
    const dispatch = { topic: 'render.shot', description: 'By another', finished: false };
    try {
      await expect.poll(state, WAIT).toBe('live, durable');
      await call(hub, 'POST', '/api/events', { key: KEYS.service, body: dispatch });
      await expect.poll(rows, WAIT).toEqual(['By another: pending']);
      await page.getByRole('button').click();
      await expect.poll(async () => (await allEvents(hub)).length, WAIT).toBe(2);

      await hub.stop();
      await expect.poll(state, WAIT).not.toContain('live');
      await page.getByRole('button').click();
      await expect.poll(rows, WAIT).toHaveLength(3);
      await expect.poll(state, WAIT).toContain('durable, 1 to send');

      await page.reload(); // without its hub
      await expect.poll(rows, WAIT).toHaveLength(3);
      await expect.poll(state, WAIT).toContain('durable, 1 to send');

      hub = await start(Number(new URL(hubUrl).port));
      await expect.poll(state, { timeout: 60_000 }).toBe('live, durable');
      expect((await allEvents(hub)).map(({ topic }) => topic)).toEqual(
        Array(3).fill('render.shot'),
      );
      expect(await rows()).toEqual([
        'Rendering sh010: pending',
        'Rendering sh010: pending',
        'By another: pending',
      ]);

      // Only admins remove: refused, and given up.
      expect(await page.evaluate(() => window.remove())).toBe('forbidden');
      expect(await rows()).toHaveLength(3);
      await expect.poll(state, WAIT).toBe('live, durable, 1 refused');
      expect(await page.evaluate(() => window.refusals())).toMatchObject([
        { kind: 'remove', status: 403, detail: 'Not allowed to delete events' },
      ]);
      await page.evaluate(() => window.giveUp());
      await expect.poll(state, WAIT).toBe('live, durable');

      await page.evaluate(() => window.signOut());
      expect(await databases(page)).toEqual([]);
      expect(errors).toEqual([]);
    } finally {
      site.close();
      await hub.stop();
    }
  },
);

const databases = (page: Page) =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));

test('jobs: progress of a job and its tree, and a worker', async () => {
  const code = [
    block('docs/jobs.md#one'),
    block('docs/jobs.md#progress'),
    block('docs/jobs.md#tree'),
    block('docs/jobs.md#worker'),
    `Object.assign(window, { stop });
     events.live({ topics: ['thumbnail.*'] }, ({ events: [job] }) => job && console.log('job', job.status));`,
  ].join('\n');
  const site = await serveGuide('<script type="module" src="/main.js"></script>', () => code);
  const { page, errors, lines } = await open(site.url);
  await expect.poll(() => lines, WAIT).toContain('job finished');
  expect(lines).toContain('thumbnail of v012');
  expect(lines.some((line) => line.startsWith('10 '))).toBe(true);
  expect(lines).toContain('[Rendering sh010, Rendering sh020]');
  expect(lines.filter((line) => line.startsWith('tree: '))).not.toEqual([]);
  expect(lines.findLast((line) => line.startsWith('tree: '))).toMatch(
    /^tree: \d+(\.\d+)? %, 2 of 2 open$/,
  );
  await page.evaluate(() => window.stop.abort());
  await expect.poll(() => lines, WAIT).toContain('aborted');
  expect(errors).toEqual([]);
  site.close();
});

test('jobs: the same worker in Python, at a hub', async () => {
  const own = temporaryFolder();
  const hub = await startHub(own.path);
  const publish = { topic: 'publish.done', summary: { version: 'v012' } };
  await call(hub, 'POST', '/api/events', { key: KEYS.service, body: publish });
  const code = block('docs/jobs.md#python-worker')
    .replace('http://127.0.0.1:5000', hub.url)
    .replace('the key of a service', KEYS.service);
  execFileSync('.toolchain/venv/bin/python', ['-c', code], { timeout: 30_000 });
  const query = '{ events(topics: ["thumbnail.make"]) { edges { node { status description } } } }';
  const { body } = await call(hub, 'POST', '/graphql', { key: KEYS.admin, body: { query } });
  expect(body.data.events.edges).toEqual([
    { node: { status: 'finished', description: 'Thumbnail of v012' } },
  ]);
  await hub.stop();
  own.remove();
});
