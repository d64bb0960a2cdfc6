import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HubWindow, PAGE } from '../browser/hub-page.ts';
import { killBrowser, launchChromium } from '../browser/launch.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import { AyonModel } from './ayon-model.ts';

declare const window: HubWindow;

const TEST_MS = 240_000;
/** A back-off of 30 s, and what is read afterwards. */
const WAIT = { timeout: 100_000, interval: 500 };
const OLD_EVENTS = 600;
const STATUSES = ['pending', 'in_progress', 'finished', 'failed'];

const profile = temporaryFolder();
let browser: BrowserContext;

beforeAll(async () => {
  browser = await launchChromium(profile.path);
});
afterAll(() => {
  killBrowser(profile.path);
  profile.remove();
});

/** The page of an addon: it comes from the server itself. */
function files(path: string) {
  if (path === '/page') return { type: 'text/html', bytes: PAGE };
  if (path.startsWith('/api') || path === '/graphql') return null;
  try {
    const type = path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
    return { type, bytes: readFileSync(`dist/client/${basename(path)}`) };
  } catch {
    return null;
  }
}

async function open(model: AyonModel): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${model.url}/page#${encodeURIComponent(`${model.url} ${model.token} artist`)}`);
  await page.waitForFunction(() => window.ready);
  return page;
}

const status = (page: Page) => page.evaluate(() => window.events.status);

/** What both sides have of an event, by its id; an addon's page has no sender type from GraphQL. */
const shown = (event: Record<string, unknown>, time: (value: unknown) => number) =>
  [
    event['topic'],
    event['status'],
    event['description'],
    event['summary'],
    event['project'] ?? null,
    event['user'] ?? null,
    time(event['createdAt']),
    time(event['updatedAt']),
  ] as const;

async function inPage(page: Page) {
  const text = await page.evaluate(() => new Response(window.events.export()).text());
  const events = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return Object.fromEntries(
    events.map((event) => [event['id'], shown(event, (at) => Date.parse(String(at)))]),
  );
}

const onServer = (model: AyonModel) =>
  Object.fromEntries(
    [...model.events.values()].map((event) => [event.id, shown({ ...event }, Number)]),
  );

/** An hour at the server, while the page is away. */
function workAtServer(model: AyonModel, ids: string[]) {
  const pick = (i: number) => ids[(i * 37) % ids.length] as string;
  for (let minute = 0; minute < 60; minute++) {
    model.now += 60_000;
    for (let i = 0; i < 3; i++) {
      model.dispatch({ topic: 'demo.new', description: `minute ${minute}`, finished: i > 0 });
    }
    const changed = pick(minute);
    if (model.events.has(changed)) {
      model.update(changed, { status: STATUSES[minute % 4], summary: { minute } });
    }
    if (minute % 3 === 0 && model.events.has(pick(minute + 100))) model.remove(pick(minute + 100));
    if (minute % 5 === 0) model.updateSilently(pick(minute + 200), 'aborted');
    if (minute % 20 === 0) model.dispatch({ topic: 'addon.install', hash: 'addon', reuse: true });
  }
}

/** And in the page. */
function workInPage(page: Page, ids: string[]) {
  return page.evaluate(async (known) => {
    const { events } = window;
    for (let i = 0; i < 40; i++) {
      const { id } = await events.dispatch({ topic: 'demo.offline', description: `offline ${i}` });
      if (i % 2 === 0) await events.update(id, { description: `offline ${i}, changed` });
      if (i % 10 === 0) await events.remove(id);
      await events.update(known[(i * 11) % known.length] as string, { description: `by ${i}` });
    }
    for (let i = 0; i < 10; i++) {
      await events.remove(known[(i * 53 + 7) % known.length] as string).catch(() => {});
    }
  }, ids);
}

test.for([true, false])(
  'an hour offline, edits on both sides, then both are equal (admin: %s)',
  { timeout: TEST_MS },
  async (isAdmin) => {
    const model = new AyonModel(files);
    model.isAdmin = isAdmin;
    await model.start();
    try {
      for (let i = 0; i < OLD_EVENTS; i++) {
        model.now += 1000;
        model.dispatch({ topic: 'demo.old', description: `old ${i}`, finished: i % 9 > 0 });
      }
      model.dispatch({ topic: 'addon.install', hash: 'addon' });
      const page = await open(model);
      await expect.poll(async () => (await status(page)).events, WAIT).toBe(OLD_EVENTS + 1);
      await expect.poll(async () => (await status(page)).history, WAIT).toBeNull();
      expect(await inPage(page)).toEqual(onServer(model));

      const ids = [...model.events.keys()];
      await model.stop();
      await expect.poll(async () => (await status(page)).connection, WAIT).toBe('waiting');
      await workInPage(page, ids);
      workAtServer(model, ids);
      await model.start();

      await expect.poll(async () => (await status(page)).queuedWrites, WAIT).toBe(0);
      await expect.poll(() => inPage(page), WAIT).toEqual(onServer(model));
      const made = [...model.events.values()].filter(({ topic }) => topic === 'demo.offline');
      expect(made.map(({ description }) => description).sort()).toEqual(
        Array.from({ length: 40 }, (_, i) => `offline ${i}${i % 2 === 0 ? ', changed' : ''}`)
          .filter((_, i) => i % 10 !== 0)
          .sort(),
      );
      await page.close();
    } finally {
      await model.stop();
    }
  },
);
