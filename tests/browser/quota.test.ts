import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';
import { LOCAL_PAGE, type LocalWindow } from './local-page.ts';

declare const window: LocalWindow & { states: string[] };

const QUOTA_BYTES = 3 << 20;

let server: StaticServer;
let profile: ReturnType<typeof temporaryFolder>;
let page: Page;

beforeAll(async () => {
  const scoped = LOCAL_PAGE.replace("user: 'tester'", 'scope: { maxEvents: 100_000 }');
  server = await serveStatic({ '/': LOCAL_PAGE, '/scoped': scoped });
});
afterAll(() => server.close());
beforeEach(async () => {
  profile = temporaryFolder();
  page = await (await launchChromium(profile.path)).newPage();
  await setQuota(QUOTA_BYTES); // first, because Chromium keeps an answer for half a minute
  await load();
});
afterEach(() => {
  killBrowser(profile.path);
  profile.remove();
});

async function load() {
  await page.goto(server.url);
  await page.waitForFunction(() => window.ready);
}

/** Null: as much as Chromium itself gives. */
async function setQuota(bytes: number | null) {
  const client = await page.context().newCDPSession(page);
  const quota = bytes === null ? {} : { quotaSize: bytes };
  await client.send('Storage.overrideQuotaForOrigin', { origin: server.url, ...quota });
}

/** Dispatches 64 KiB events until the store is in memory only, and a few more. */
function fill() {
  return page.evaluate(async () => {
    const { events } = window;
    window.states = [];
    events.onStatus(({ storage, problem }) => window.states.push(`${storage} ${problem}`));
    const done = { saved: [] as string[], inMemory: [] as string[], codes: [] as string[] };
    for (let number = 0; number < 2000 && done.inMemory.length < 5; number++) {
      const text = Array.from(crypto.getRandomValues(new Uint8Array(32768)), (byte) =>
        byte.toString(16).padStart(2, '0'),
      ).join('');
      try {
        const { id } = await events.dispatch({ topic: 'demo.fill', payload: { text } });
        (events.status.storage === 'durable' ? done.saved : done.inMemory).push(id);
      } catch (error) {
        done.codes.push((error as { code: string }).code);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    return { ...done, states: window.states, message: events.status.message };
  });
}

const missing = (ids: string[]) =>
  page.evaluate(async (all) => {
    const found = await Promise.all(all.map((id) => window.events.get(id)));
    return all.filter((_, index) => found[index]?.payload === undefined);
  }, ids);

test('a full disk is said, nothing is called saved that is not, and the store goes on', async () => {
  const { saved, inMemory, codes, states, message } = await fill();
  expect(saved.length).toBeGreaterThan(5);
  expect(inMemory).toHaveLength(5);
  expect(new Set(codes)).toEqual(new Set(['quota']));
  expect(states).toContain('durable quota');
  expect(states.at(-1)).toBe('memory quota');
  expect(message).toMatch(/full: what is new is in memory only/);
  expect(await missing([...saved, ...inMemory])).toEqual([]);
  const flushed = page.evaluate(() => window.events.flush().catch((error) => error.code));
  expect(await flushed).toBe('quota');
  await load();
  expect(await missing(saved)).toEqual([]);
});

test('when there is space again everything is saved, also what was in memory only', async () => {
  const { saved, inMemory } = await fill();
  expect(inMemory).toHaveLength(5);
  await setQuota(null);
  await page.waitForFunction(() => window.states.at(-1) === 'durable null', null, {
    timeout: 50_000,
  });
  killBrowser(profile.path);
  page = await (await launchChromium(profile.path)).newPage();
  await load();
  expect(await missing([...saved, ...inMemory])).toEqual([]);
});

test('a database with a scope lets its oldest events go when the disk is full', async () => {
  await page.evaluate(() => window.events.close());
  await page.goto(`${server.url}/scoped`);
  await page.waitForFunction(() => window.ready);
  const { id: first } = await page.evaluate(() => window.events.dispatch({ topic: 'demo.first' }));
  const { saved, states } = await fill();
  expect(states).toContain('durable quota');
  expect(saved.length).toBeGreaterThan(5);
  await expect
    .poll(() => page.evaluate((id) => window.events.get(id), first), { timeout: 20_000 })
    .toBeNull();
  expect(await missing(saved.slice(-1))).toEqual([]);
});
