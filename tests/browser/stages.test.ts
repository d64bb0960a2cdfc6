import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';
import { STAGES_PAGE, type StagesWindow } from './stages-page.ts';

declare const window: StagesWindow;

const EVENTS = 60_000; // four blocks
const IMPORT_MS = 20_000; // 2 s on two idle cores
/** A page may be so slow that everything is loaded before it has asked: then it is opened again. */
const RELOADS = 8;
const TEST_MS = 180_000;

let server: StaticServer;
let profile: ReturnType<typeof temporaryFolder>;
let browser: BrowserContext;
let page: Page;

beforeAll(async () => {
  server = await serveStatic({ '/': STAGES_PAGE });
});
afterAll(() => server.close());
beforeEach(async () => {
  profile = temporaryFolder();
  await start();
});
afterEach(() => {
  killBrowser(profile.path);
  profile.remove();
});

async function start(): Promise<void> {
  browser = await launchChromium(profile.path);
  page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.ready);
  await open();
}

async function importAll(): Promise<void> {
  const report = await page.evaluate(
    (count) => window.events.import(new Blob([window.lines(0, count)])),
    EVENTS,
  );
  expect(report).toEqual({ events: EVENTS, known: 0, refused: 0, refusals: [] });
}

async function reload(): Promise<void> {
  await page.evaluate(() => window.events.close());
  await page.reload();
  await page.waitForFunction(() => window.ready);
}

const open = () => page.evaluate(async () => void (await window.open()));

/** Gives the oldest events, each `description` as long as that, in commits of 500. */
const updateOldest = (count: number, description: string) =>
  page.evaluate(
    async ({ count, description }) => {
      for (let from = 0; from < count; from += 500) {
        const ids = Array.from({ length: 500 }, (_, index) => window.id(from + index));
        await Promise.all(ids.map((id) => window.events.update(id, { description })));
      }
    },
    { count, description },
  );

const namesOf = (files: { key: string }[], kind: string) =>
  files.map(({ key }) => key.split('/').at(-1) as string).filter((name) => name.startsWith(kind));

const verify = () => page.evaluate(() => window.events.verify());

/** Asks for the oldest event first and for the newest page then, and says in which order they came. */
const firstAnswers = () =>
  page.evaluate(async () => {
    const order: string[] = [];
    const events = await window.open();
    const oldest = events.query({ topics: ['demo.oldest'] }).then((page) => {
      order.push('oldest');
      return page.events.length;
    });
    const newest = await new Promise<number[]>((resolve) => {
      events.live({}, ({ events: rows }) => {
        order.push('newest');
        resolve(rows.map((row) => (row.summary as { number: number }).number));
      });
    });
    return { newest, oldest: await oldest, order };
  });

describe('a database of 60,000 events', () => {
  test(
    'shows the newest page while older blocks are loaded, and has everything afterwards',
    async () => {
      const start = Date.now();
      await importAll();
      expect(Date.now() - start).toBeLessThan(IMPORT_MS);
      expect(namesOf(await page.evaluate(() => window.files()), 'block-').length).toBeGreaterThan(
        3,
      );

      const orders: string[] = [];
      for (let tries = 0; tries < RELOADS && !orders.includes('newest oldest'); tries++) {
        await reload();
        const { newest, oldest, order } = await firstAnswers();
        expect(newest).toEqual(Array.from({ length: 100 }, (_, index) => EVENTS - 1 - index));
        expect(oldest).toBe(1);
        orders.push(order.join(' '));
      }
      expect(orders).toContain('newest oldest'); // the worker answers in order, unless it has to wait

      const found = await page.evaluate(async () => {
        const { events } = window;
        const old = await events.get(window.id(7));
        const where = { conditions: [{ key: 'payload/number', value: 321 }] };
        const rows = (await events.query({ where })).events;
        return {
          payload: old?.payload,
          description: old?.description,
          rows: rows.map((row) => row.summary),
          events: events.status.events,
          message: events.status.message,
          exported: await window.exported(),
        };
      });
      expect(found).toEqual({
        payload: { number: 7, text: 'y'.repeat(100) },
        description: 'event 7',
        rows: [{ number: 321, text: 'x'.repeat(100) }],
        events: EVENTS,
        message: null,
        exported: EVENTS,
      });
      expect((await verify()).problems).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'keeps its files and bytes in bounds while 40,000 updates come in',
    async () => {
      await importAll();
      const size = async () => {
        const files = await page.evaluate(() => window.files());
        return { count: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
      };
      const before = await size();
      let most = before;
      for (let round = 0; round < 4; round++) {
        await updateOldest(10_000, `${round}${'z'.repeat(100)}`);
        const now = await size();
        most = {
          count: Math.max(most.count, now.count),
          bytes: Math.max(most.bytes, now.bytes),
        };
      }
      // Two checkpoints and a journal; without them 40,000 updates are 8 MB.
      expect(most.bytes).toBeLessThan(2 * before.bytes + (2 << 20));
      expect(most.count).toBeLessThan(128);
      await reload();
      await open();
      const last = await page.evaluate(() => window.events.get(window.id(9_999)));
      expect(last?.description).toBe(`3${'z'.repeat(100)}`);
      expect(await page.evaluate(() => window.exported())).toBe(EVENTS);
      expect((await verify()).problems).toEqual([]);
    },
    TEST_MS,
  );
});

describe('a block that is damaged while nobody looks', () => {
  test(
    'is set aside with its events when no checkpoint has them, and everything else works',
    async () => {
      await importAll();
      await page.evaluate(() => window.events.close());
      const name = namesOf(await page.evaluate(() => window.files()), 'block-').sort()[0] as string;
      await page.evaluate(async (suffix) => {
        for (const { key } of await window.files()) {
          if (key.endsWith(suffix)) await window.damage(key);
        }
      }, name);
      await page.reload();
      await page.waitForFunction(() => window.ready);
      await open();
      const found = await page.evaluate(async () => {
        const { events } = window;
        const exported = await window.exported();
        const { id } = await events.dispatch({ topic: 'demo.new' });
        const newest = (await events.query()).events[0];
        return {
          exported,
          isNewest: newest?.id === id,
          oldest: (await events.query({ topics: ['demo.oldest'] })).events.length,
        };
      });
      expect(found.isNewest).toBe(true);
      expect(found.oldest).toBe(0);
      expect(found.exported).toBeLessThan(EVENTS);
      expect(found.exported).toBeGreaterThan(EVENTS / 2);
      const message = () => page.evaluate(() => window.events.status.message);
      await expect.poll(message).toMatch(new RegExp(`^${name}: .*events are lost`));
      const { problems } = await verify();
      expect(problems.map(({ file }) => file)).toEqual([`lost-${name}`]);

      await reload();
      await open();
      expect(await page.evaluate(() => window.exported())).toBe(found.exported + 1);
      expect(await message()).toBeNull(); // the next checkpoint is without it
    },
    TEST_MS,
  );

  test(
    'is not missed when the checkpoint before it and the journal have its events',
    async () => {
      await importAll();
      const blocks = async () => namesOf(await page.evaluate(() => window.files()), 'block-');
      const before = await blocks();
      const description = 'a'.repeat(300);
      await updateOldest(10_000, description);
      const isNew = (name: string) => !before.includes(name);
      await expect.poll(async () => (await blocks()).some(isNew), { timeout: 20_000 }).toBe(true);
      await page.evaluate(() => window.events.flush());
      await page.evaluate(() => window.events.close());
      const name = (await blocks()).filter(isNew).sort().at(-1) as string;
      await page.evaluate(async (suffix) => {
        for (const { key } of await window.files()) {
          if (key.endsWith(suffix)) await window.damage(key);
        }
      }, name);
      await page.reload();
      await page.waitForFunction(() => window.ready);
      await open();
      const found = await page.evaluate(async () => {
        const { id } = await window.events
          .dispatch({ topic: 'demo.new' })
          .catch(() => ({ id: '' }));
        const first = await window.events.get(window.id(0));
        const last = await window.events.get(window.id(9_999));
        const exported = (await window.exported()) - (id === '' ? 0 : 1);
        return { descriptions: [first?.description, last?.description], exported };
      });
      expect(found).toEqual({ descriptions: [description, description], exported: EVENTS });
      const message = () => page.evaluate(() => window.events.status.message);
      await expect.poll(message).toMatch(/^manifest-.* checkpoint before it is used/);
      const { problems } = await verify();
      expect(problems.map(({ file }) => file)).toEqual([expect.stringMatching(/^lost-manifest-/)]);
    },
    TEST_MS,
  );
});

/** Turns bytes over in the files in which Chromium keeps IndexedDB. */
function damageLevelDb() {
  const base = join(profile.path, 'Default/IndexedDB');
  for (const folder of readdirSync(base).filter((name) => name.endsWith('.leveldb'))) {
    for (const name of readdirSync(join(base, folder)).filter((file) =>
      /\.(log|ldb)$/.test(file),
    )) {
      const path = join(base, folder, name);
      const bytes = readFileSync(path);
      for (let at = 100; at < bytes.length; at += 997) bytes[at] = (bytes[at] as number) ^ 255;
      writeFileSync(path, bytes);
    }
  }
}

test('when Chromium finds its own files damaged and deletes them, the status says so', async () => {
  await page.evaluate(() => window.events.import(new Blob([window.lines(0, 1000)])));
  await browser.close();
  damageLevelDb();
  await start();
  const found = await page.evaluate(async () => {
    await window.events.dispatch({ topic: 'demo.after' });
    const { storage, message } = window.events.status;
    return { events: await window.exported(), storage, message };
  });
  expect(found).toMatchObject({ events: 1, storage: 'durable' });
  expect(found.message).toMatch(/^the browser found its own files damaged and deleted them: /);
  await reload();
  await open();
  expect(await page.evaluate(() => window.events.status)).toMatchObject({
    events: 1,
    message: null,
  });
});
