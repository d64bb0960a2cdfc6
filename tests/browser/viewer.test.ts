import { mkdirSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Events } from '../../web/client/index.ts';
import { call, type HubProcess, KEYS, startHub, temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium } from './launch.ts';

const WAIT = { timeout: 20_000 };
const data = temporaryFolder();
const profile = temporaryFolder();
let hub: HubProcess;
let browser: BrowserContext;
let page: Page;
let running = '';

const patch = (id: string, body: object) =>
  call(hub, 'PATCH', `/api/events/${id}`, { key: KEYS.service, body });

beforeAll(async () => {
  hub = await startHub(data.path);
  const post = (body: object) => call(hub, 'POST', '/api/events', { key: KEYS.service, body });
  for (let number = 0; number < 120; number++) {
    await post({
      topic: number % 10 === 3 ? 'log.error' : 'entity.folder.status_changed',
      project: number % 3 === 0 ? 'aurora' : 'big_river',
      description: `Changed folder /shots/sh${number} status to Approved`,
    });
  }
  for (const status of ['in_progress', 'failed', 'aborted', 'restarted']) {
    const { body } = await post({ topic: 'publish.shot', finished: false, description: status });
    await patch(body.id, { status });
    running ||= body.id;
  }
  await post({ topic: 'publish.shot', finished: false, description: 'waits' });
  mkdirSync('test-results', { recursive: true });
  browser = await launchChromium(profile.path, { colorScheme: 'dark' });
  page = await browser.newPage();
  await page.goto(hub.link);
  await state('connection', 'live');
});
afterAll(async () => {
  killBrowser(profile.path);
  await hub.stop();
  data.remove();
  profile.remove();
});

const viewer = (selector: string) => page.locator(`cuesheet-viewer ${selector}`);
const rows = () => viewer('tbody tr');
const state = (name: string, value: string) => viewer(`[data-${name}="${value}"]`).waitFor(WAIT);
/** How many events the table has, in sight or not. */
const total = async () => Number(await viewer('table').getAttribute('aria-rowcount')) - 1;
const focused = () =>
  page.evaluate(() => {
    const row = document.querySelector('cuesheet-viewer')?.shadowRoot?.activeElement;
    return Number(row?.getAttribute('aria-rowindex')) - 1;
  });

/** Runs in the page with the events of its viewer; a refusal becomes its code. */
async function withEvents<T>(
  work: (events: Events, id: string) => Promise<T>,
  id = '',
): Promise<T> {
  const source = `(async () => {
    const { events } = document.querySelector('cuesheet-viewer');
    try { return await (${work.toString()})(events, ${JSON.stringify(id)}) }
    catch (error) { return error.name + ' ' + error.code }
  })()`;
  return page.evaluate(source) as Promise<T>;
}

describe('the viewer', () => {
  test('shows every status by a shape with a name, and the progress of what runs', async () => {
    const icons = rows().locator('svg[role=img]');
    const names = new Set(
      await icons.evaluateAll((all) => all.map((icon) => icon.getAttribute('aria-label'))),
    );
    expect([...names].sort()).toEqual(
      ['Aborted', 'Failed', 'Finished', 'In progress', 'Pending', 'Restarted'].sort(),
    );
    await patch(running, { progress: 64 });
    await viewer(`tr[data-id="${running}"] [role=progressbar][aria-valuenow="64"]`).waitFor(WAIT);
    await page.screenshot({ path: 'test-results/viewer-dark.png' });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.screenshot({ path: 'test-results/viewer-light.png' });
  });

  test('is moved through by the keyboard', async () => {
    await viewer('[data-all]').focus(); // the last one before the table
    await page.keyboard.press('Tab');
    expect(await focused()).toBe(1);
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp']) await page.keyboard.press(key);
    await expect.poll(focused, WAIT).toBe(2);
    await page.keyboard.press('End');
    await expect.poll(focused, WAIT).toBe(125);
    await page.keyboard.press('Home');
    await expect.poll(focused, WAIT).toBe(1);
    await viewer('input[type=search]').focus();
  });

  test('finds what is searched for', async () => {
    await expect.poll(total, WAIT).toBe(125);
    await viewer('input[type=search]').fill('sh77');
    await expect.poll(() => rows().count(), WAIT).toBe(1);
    await viewer('input[type=search]').fill('nowhere');
    await viewer('.empty').waitFor(WAIT);
    await viewer('.empty button').click();
    await expect.poll(total, WAIT).toBe(125);
    await viewer('input[role=switch]').uncheck();
    await expect.poll(total, WAIT).toBe(113);
    await expect.poll(() => viewer('tr.error').count(), WAIT).toBe(0);
    await viewer('input[role=switch]').check();
  });

  test('fits into 360 pixels', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    const [width, wanted] = await page.evaluate(() => {
      const main = document.querySelector('cuesheet-viewer')?.shadowRoot?.querySelector('main');
      return [main?.clientWidth, main?.scrollWidth];
    });
    expect(wanted).toBe(width);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await page.screenshot({ path: 'test-results/viewer-narrow.png' });
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  test('keeps the events of every user apart', async () => {
    const names = await page.evaluate(async () =>
      (await indexedDB.databases()).map((database) => decodeURIComponent(database.name ?? '')),
    );
    expect(names).toContainEqual(expect.stringMatching(/\/cuesheet\/http:.* adm default$/));
  });
});

describe('writes through a server', () => {
  test('are here, durable, when their promise settles', async () => {
    const id = await withEvents(async (events) => {
      const made = await events.dispatch({ topic: 'demo.web', payload: { a: 1 } });
      return (await events.query({ ids: [made.id] })).events[0]?.id === made.id ? made.id : 'no';
    });
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    const changed = await withEvents(async (events, id) => {
      await events.update(id, { description: 'changed' });
      const [row] = (await events.query({ ids: [id] })).events;
      return [row?.description, (await events.get(id))?.payload];
    }, id);
    expect(changed).toEqual(['changed', { a: 1 }]);
    expect(await withEvents((events, id) => events.remove(id), id)).toBe(true);
    expect(await withEvents((events, id) => events.get(id), id)).toBeNull();
    expect((await call(hub, 'GET', `/api/events/${id}`, { key: KEYS.admin })).status).toBe(404);
  });

  test('are refused with a code, and nothing is stored', async () => {
    const codes = await withEvents(async (events) => {
      const code = (work: Promise<unknown>) =>
        work.then(
          () => 'none',
          (error) => error.code,
        );
      const { id } = await events.dispatch({ topic: 'demo.web', hash: 'taken' });
      return Promise.all([
        code(events.dispatch({ topic: 'a-b' })),
        code(events.dispatch({ topic: 'demo.web', hash: 'taken' })),
        code(events.update(id, { status: 'failed' })),
        code(events.update('f'.repeat(32), { description: 'x' })),
        code(events.remove('../users/me')),
      ]);
    });
    expect(codes).toEqual(['invalid', 'conflict', 'forbidden', 'not_found', 'invalid']);
  });

  test('that cannot wait are refused as offline when the hub is gone; the viewer says what it shows', async () => {
    await hub.stop();
    await viewer('.note').filter({ hasText: 'kept in this browser' }).waitFor(WAIT);
    await page.screenshot({ path: 'test-results/viewer-offline.png' });
    expect(await withEvents((events) => events.dispatch({ topic: 'demo.web', store: false }))).toBe(
      'CuesheetError offline',
    );
    const known = await rows().first().getAttribute('data-id');
    const row = await withEvents((events, id) => events.get(id), known ?? '');
    expect(row).toMatchObject({ id: known });
    hub = await startHub(data.path, { port: Number(new URL(hub.url).port) });
    await state('connection', 'live');
    await expect.poll(() => viewer('.note').count(), WAIT).toBe(0);
  });
});

describe('signed out', () => {
  const toSignIn = () => viewer('.note.warning').filter({ hasText: 'sign in' }).waitFor(WAIT);

  test('the page shows what this browser keeps and says how to sign in', async () => {
    await page.evaluate(() => {
      localStorage.setItem('cuesheet.session', JSON.stringify({ token: null, user: 'adm' }));
    });
    await page.reload();
    await toSignIn();
    await state('connection', 'unauthorized');
    await expect.poll(total, WAIT).toBe(126);
    await page.screenshot({ path: 'test-results/viewer-signed-out.png' });
  });

  test('a browser that has lost who was signed in shows the events that it keeps', async () => {
    await page.evaluate(() => localStorage.clear());
    await page.reload();
    await toSignIn();
    await expect.poll(total, WAIT).toBe(126);
  });

  test('a link that has ended signs nobody in', async () => {
    await page.goto(`${hub.url}/#token=${'0'.repeat(64)}`);
    await toSignIn();
    await page.waitForURL(`${hub.url}/`);
    await expect.poll(total, WAIT).toBe(126);
  });

  test('a good link signs in, in the same tab too, and may say what to show', async () => {
    await page.goto(`${hub.link}&search=sh77`);
    await state('connection', 'live');
    await page.waitForURL(`${hub.url}/#search=sh77`);
    await expect.poll(total, WAIT).toBe(1);
    expect(await viewer('.note').count()).toBe(0);
  });
});
