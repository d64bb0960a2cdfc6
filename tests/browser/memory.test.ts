import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Events } from '../../web/client/index.ts';
import {
  call,
  type HubProcess,
  KEYS,
  startHub,
  temporaryFolder,
  USERS,
} from '../edge/hub-process.ts';
import { type HubWindow, openPage, WAIT } from './hub-page.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';
import { PAGE as HUB_PAGE } from './hub-page.ts';

interface LocalWindow extends HubWindow {
  open(name: string, memory: number): Promise<Events>;
}

declare const window: LocalWindow;

const TEST_MS = 120_000;
const TEXT_BYTES = 200_000;
const MAX_DISPATCHES = 400;
const LOCAL_PAGE = `<!doctype html><meta charset="utf-8"><title>full</title>
<script type="module">
  import { openEvents } from '/index.js';
  window.open = (name, memory) => openEvents({ name, memory, user: 'tester' });
  window.ready = true;
</script>`;

const data = temporaryFolder();
const profile = temporaryFolder();
let server: StaticServer;
let hub: HubProcess;
let browser: BrowserContext;

beforeAll(async () => {
  server = await serveStatic({ '/': HUB_PAGE, '/local': LOCAL_PAGE });
  const users = `${data.path}/users-file.json`;
  const origin = new URL(server.url).origin;
  const flags = ['--users', users, '--no-sample', '--origin', origin, '--memory', '32MiB'];
  hub = await startHub(data.path, { flags, users: JSON.stringify(USERS) });
  browser = await launchChromium(profile.path);
});
afterAll(async () => {
  await hub.stop();
  server.close();
  killBrowser(profile.path);
  data.remove();
  profile.remove();
});

test(
  'a page holds a write that its full hub has no room for, removes events there, and then it arrives',
  async () => {
    const page = await openPage(browser, server, hub);
    const status = () => page.evaluate(() => window.events.status);
    await expect.poll(async () => (await status()).connection, WAIT).toBe('live');
    const description = 'x'.repeat(TEXT_BYTES);
    const ids: string[] = [];
    for (let full = false; !full;) {
      const body = { topic: 'demo.large', description };
      const answer = await call(hub, 'POST', '/api/events', { key: KEYS.admin, body });
      full = answer.status === 507;
      expect(full || answer.status === 200).toBe(true);
      expect(ids.length).toBeLessThan(MAX_DISPATCHES);
      if (!full) ids.push(answer.body.id);
    }
    const events = () => page.evaluate(() => window.events.status.events);
    await expect.poll(events, WAIT).toBe(ids.length);

    const { id } = await page.evaluate(
      (description) => window.events.dispatch({ topic: 'demo.held', description }),
      description,
    );
    expect(await status()).toMatchObject({ queuedWrites: 1, refusedWrites: 0, heldWrites: 1 });
    const [held] = await page.evaluate(() => window.events.outbox.list());
    expect(held).toMatchObject({ id, kind: 'dispatch', state: 'queued', status: 507 });
    expect(held?.detail).toMatch(/^memory is full: /);
    expect(await page.evaluate((id) => window.events.get(id), id)).toMatchObject({ id });

    // What makes room does not wait behind it.
    await page.evaluate(
      async (ids) => {
        for (const id of ids) await window.events.remove(id);
      },
      ids.slice(0, 5),
    );
    expect(await status()).toMatchObject({ queuedWrites: 1, heldWrites: 1 });
    expect((await call(hub, 'GET', `/api/events/${ids[0]}`, { key: KEYS.admin })).status).toBe(404);
    await page.evaluate((number) => window.events.outbox.retry(number), held?.number ?? 0);
    await expect
      .poll(status, WAIT)
      .toMatchObject({ queuedWrites: 0, heldWrites: 0, refusedWrites: 0 });
    expect((await call(hub, 'GET', `/api/events/${id}`, { key: KEYS.admin })).body).toMatchObject({
      topic: 'demo.held',
    });
    await page.close();
  },
  TEST_MS,
);

test(
  'a page whose own memory is full refuses writes with quota until there is room',
  async () => {
    const page = await browser.newPage();
    await page.goto(`${server.url}/local`);
    await page.waitForFunction(() => window.ready);
    const outcome = await page.evaluate(
      async ([text, most]) => {
        const events = await window.open('full', 32 * 2 ** 20);
        const ids: string[] = [];
        const dispatch = () =>
          events.dispatch({ topic: 'demo.large', description: 'x'.repeat(text as number) });
        let error: { code?: string; message?: string } = {};
        while (ids.length < (most as number) && !error.code) {
          await dispatch().then(
            ({ id }) => ids.push(id),
            (refused) => (error = { code: refused.code, message: refused.message }),
          );
        }
        await events.update(ids[0] ?? '', { status: 'failed' });
        const found = await events.get(ids[0] ?? '');
        for (const id of ids.slice(0, 5)) await events.remove(id);
        const { id } = await dispatch();
        const { status } = events;
        await events.close();
        return { count: ids.length, error, found: found?.status, id, problem: status.problem };
      },
      [TEXT_BYTES, MAX_DISPATCHES],
    );
    expect(outcome.error.code).toBe('quota');
    expect(outcome.error.message).toMatch(/^memory is full: 2\d of 32 MiB are in use/);
    expect(outcome.count).toBeGreaterThan(50);
    expect(outcome.found).toBe('failed');
    expect(outcome.id).toMatch(/^[0-9a-f]{32}$/);
    expect(outcome.problem).toBeNull();
    await page.close();
  },
  TEST_MS,
);
