import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allEvents, call, type HubProcess, KEYS, temporaryFolder } from '../edge/hub-process.ts';
import { type HubWindow, openPage, servePages, startHubFor, WAIT } from './hub-page.ts';
import { killBrowser, launchChromium, type StaticServer } from './launch.ts';

declare const window: HubWindow;

const TEST_MS = 120_000;

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

const restart = () => start(Number(new URL(hub.url).port));

const open = (key: string, user: string) => openPage(browser, server, hub, key, user);

const status = (page: Page) => page.evaluate(() => window.events.status);
const isLive = (page: Page) =>
  expect.poll(async () => (await status(page)).connection, WAIT).toBe('live');
const isOffline = (page: Page) =>
  expect.poll(async () => (await status(page)).connection, WAIT).toBe('waiting');
const isDrained = (page: Page) =>
  expect.poll(async () => (await status(page)).queuedWrites, WAIT).toBe(0);

test(
  'writes made offline show at once, survive a reload and a kill, and arrive once, in order',
  async () => {
    let page = await open(KEYS.admin, 'adm');
    await isLive(page);
    const before = await page.evaluate(() =>
      window.events.dispatch({ topic: 'demo.before', description: 'old', summary: { a: 1, b: 1 } }),
    );
    await hub.stop();
    await isOffline(page);
    const made = await page.evaluate(async (id) => {
      const { events } = window;
      const first = await events.dispatch({ topic: 'demo.offline', payload: { n: 1 } });
      await events.update(first.id, { description: 'changed offline' });
      await events.update(id, { description: 'new', summary: { a: 2, b: 1 } });
      const gone = await events.dispatch({ topic: 'demo.gone' });
      await events.remove(gone.id);
      return [first.id, gone.id];
    }, before.id);
    const shown = (id: string) => page.evaluate((id) => window.events.get(id), id);
    expect(await shown(made[0] as string)).toMatchObject({ description: 'changed offline' });
    expect(await shown(made[1] as string)).toBeNull();
    expect((await status(page)).queuedWrites).toBe(5);

    await page.reload();
    await page.waitForFunction(() => window.ready);
    expect(await shown(made[0] as string)).toMatchObject({ description: 'changed offline' });
    killBrowser(profile.path);
    browser = await launchChromium(profile.path);
    page = await open(KEYS.admin, 'adm');
    expect((await status(page)).queuedWrites).toBe(5);
    const list = await page.evaluate(() => window.events.outbox.list());
    expect(list.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'dispatch queued',
      'update queued',
      'update queued',
      'dispatch queued',
      'remove queued',
    ]);

    hub = await restart();
    await isLive(page);
    await isDrained(page);
    const there = await allEvents(hub);
    expect(there.map(({ topic }) => topic)).toEqual(['demo.before', 'demo.offline']);
    const stored = async (id: string) =>
      (await call(hub, 'GET', `/api/events/${id}`, { key: KEYS.admin })).body;
    const offline = await stored(made[0] as string);
    expect(offline).toMatchObject({ id: made[0], description: 'changed offline', user: 'adm' });
    expect(offline.payload).toEqual({ n: 1 });
    expect(await stored(before.id)).toMatchObject({ description: 'new', summary: { a: 2, b: 1 } });
    const here = await page.evaluate(() => window.events.query({}));
    expect(here.events.map(({ id }) => id)).toEqual([made[0], before.id]);
    await expect
      .poll(async () => (await shown(made[0] as string))?.updatedAt, WAIT)
      .toBe(offline.updatedAt);
    await page.close();
  },
  TEST_MS,
);

test(
  'what the server refuses is taken back and says why, and can be discarded',
  async () => {
    const page = await open(KEYS.user, 'alice'); // may not dispatch
    await isLive(page);
    const refusal = await page.evaluate(() =>
      window.events.dispatch({ topic: 'demo.mine' }).catch((error) => error.code),
    );
    expect(refusal).toBe('forbidden');
    await hub.stop();
    await isOffline(page);
    const { id } = await page.evaluate(() => window.events.dispatch({ topic: 'demo.mine' }));
    expect(await page.evaluate((id) => window.events.get(id), id)).toMatchObject({ id });
    hub = await restart();
    await expect.poll(async () => (await status(page)).refusedWrites, WAIT).toBe(2);
    expect(await page.evaluate((id) => window.events.get(id), id)).toBeNull();
    const list = await page.evaluate(() => window.events.outbox.list());
    expect(list[1]).toMatchObject({ kind: 'dispatch', state: 'refused', status: 403, id });
    expect(list[1]?.detail).toMatch(/not allowed|forbidden/i);
    await page.evaluate(
      async (numbers) => {
        for (const number of numbers) await window.events.outbox.discard(number);
      },
      list.map(({ number }) => number),
    );
    expect(await page.evaluate(() => window.events.outbox.list())).toEqual([]);
    await page.close();
  },
  TEST_MS,
);

test(
  'a write of another tab that was never sent can be taken back',
  async () => {
    const page = await open(KEYS.admin, 'adm');
    const other = await open(KEYS.admin, 'adm');
    await isLive(page);
    await hub.stop();
    await isOffline(page);
    const { id } = await page.evaluate(() => window.events.dispatch({ topic: 'demo.undone' }));
    await expect
      .poll(() => other.evaluate((id) => window.events.get(id), id), WAIT)
      .toMatchObject({ id });
    await other.evaluate(async () => {
      const [write] = await window.events.outbox.list();
      await window.events.outbox.discard(write?.number ?? 0);
    });
    await expect.poll(() => page.evaluate((id) => window.events.get(id), id), WAIT).toBeNull();
    hub = await restart();
    await isLive(page);
    expect((await allEvents(hub)).some(({ topic }) => topic === 'demo.undone')).toBe(false);
  },
  TEST_MS,
);
