import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, KEYS, temporaryFolder } from '../edge/hub-process.ts';
import { openPage, servePages, startHubFor } from './hub-page.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';
import { LOCAL_PAGE, type LocalWindow } from './local-page.ts';

declare const window: LocalWindow & { isOldPage?: boolean };

let server: StaticServer;
let other: StaticServer;
let profile: ReturnType<typeof temporaryFolder>;

beforeAll(async () => {
  server = await serveStatic({ '/': LOCAL_PAGE });
  other = await serveStatic({ '/': '<!doctype html><title>elsewhere</title>' });
});
afterAll(() => {
  server.close();
  other.close();
});
beforeEach(() => {
  profile = temporaryFolder();
});
afterEach(() => {
  killBrowser(profile.path);
  profile.remove();
});

async function newTab(browser: BrowserContext): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.ready);
  expect(await page.evaluate(() => window.failure)).toBeUndefined();
  return page;
}

/** Shows a live query of all events, whose topics are in `window.seen`. */
const show = (page: Page) =>
  page.evaluate(async () => {
    window.isOldPage = true;
    window.seen = [];
    await new Promise<void>((resolve) => {
      window.events.live({}, (page) => {
        window.seen.push(page.events.map((event) => event.topic));
        resolve();
      });
    });
  });

const dispatch = (page: Page, topic: string) =>
  page.evaluate((topic) => window.events.dispatch({ topic }).then(() => {}), topic);

/** To another site, so that nothing but the cache keeps the page. */
const leave = (page: Page) => page.goto(other.url.replace('127.0.0.1', 'localhost'));

/** `goBack` waits for a load event by default, which a restored page does not have. */
async function comeBack(page: Page): Promise<{ isRestored: boolean; reasons: string[] }> {
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => window.ready);
  return page.evaluate(() => {
    const [entry] = performance.getEntriesByType('navigation') as (PerformanceNavigationTiming & {
      notRestoredReasons?: { reasons: { reason: string }[] };
    })[];
    const reasons = entry?.notRestoredReasons?.reasons ?? [];
    return {
      isRestored: window.isOldPage === true,
      reasons: reasons.map(({ reason }) => reason),
    };
  });
}

const untilShown = (page: Page, topic: string) =>
  page.waitForFunction((topic) => window.seen.at(-1)?.includes(topic), topic);

const RESTORED = { isRestored: true, reasons: [] };

describe('a page that was left comes back from the back/forward cache', () => {
  test('and is live again, with what another tab wrote meanwhile', async () => {
    const browser = await launchChromium(profile.path, { pageCache: true });
    const page = await newTab(browser);
    const second = await newTab(browser);
    await show(page);
    await leave(page);
    await dispatch(second, 'demo.meanwhile');
    expect(await comeBack(page)).toEqual(RESTORED);
    await untilShown(page, 'demo.meanwhile');
    await dispatch(second, 'demo.later');
    await untilShown(page, 'demo.later');
    await dispatch(page, 'demo.own');
    await untilShown(page, 'demo.own');
    await untilReads(second, 'demo.own');
  });

  test('when it is the only one, with what it wrote before', async () => {
    const browser = await launchChromium(profile.path, { pageCache: true });
    const page = await newTab(browser);
    await show(page);
    await dispatch(page, 'demo.before');
    await leave(page);
    expect(await comeBack(page)).toEqual(RESTORED);
    await untilShown(page, 'demo.before');
    await dispatch(page, 'demo.after');
    await untilShown(page, 'demo.after');
  });

  test('several times, more often than workers may end within a minute', async () => {
    const browser = await launchChromium(profile.path, { pageCache: true });
    const page = await newTab(browser);
    await newTab(browser);
    await show(page);
    for (let round = 0; round < 8; round++) {
      await leave(page);
      expect(await comeBack(page)).toEqual(RESTORED);
      await dispatch(page, `demo.round${round}`);
      await untilShown(page, `demo.round${round}`);
    }
  });

  test('when its worker ended meanwhile', async () => {
    const browser = await launchChromium(profile.path, { pageCache: true });
    const page = await newTab(browser);
    const second = await newTab(browser);
    await show(page);
    await dispatch(page, 'demo.before');
    await leave(page);
    await killWorker(second);
    await untilReads(second, 'demo.before');
    await dispatch(second, 'demo.meanwhile');
    expect(await comeBack(page)).toEqual(RESTORED);
    await untilShown(page, 'demo.meanwhile');
    await dispatch(page, 'demo.after');
    await untilReads(second, 'demo.after');
  });

  test('with a hub, whose events went on arriving in another tab', async () => {
    const pages = await servePages();
    const data = temporaryFolder();
    const hub = await startHubFor(pages, data.path);
    const write = (topic: string) =>
      call(hub, 'POST', '/api/events', { key: KEYS.admin, body: { topic } });
    try {
      const browser = await launchChromium(profile.path, { pageCache: true });
      const page = await openPage(browser, pages, hub);
      const second = await openPage(browser, pages, hub);
      await show(page);
      await write('demo.before');
      await untilShown(page, 'demo.before');
      await leave(page);
      await write('demo.meanwhile');
      await untilReads(second, 'demo.meanwhile');
      await sleep(1000);
      expect(await comeBack(page)).toEqual(RESTORED);
      await untilShown(page, 'demo.meanwhile');
      await write('demo.after');
      await untilShown(page, 'demo.after');
    } finally {
      await hub.stop();
      pages.close();
      data.remove();
    }
  });
});

/** As a crash of the worker, while the pages live on. */
async function killWorker(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { targetInfos } = await session.send('Target.getTargets');
  const workers = targetInfos.filter(({ type }) => type === 'shared_worker');
  expect(workers).toHaveLength(1);
  const targetId = workers[0]?.targetId ?? '';
  await session.send('Target.closeTarget', { targetId });
  // A write that the ending worker still takes would be `owner_lost`.
  const isThere = async () =>
    (await session.send('Target.getTargets')).targetInfos.some(
      (info) => info.targetId === targetId,
    );
  await expect.poll(isThere).toBe(false);
}

const untilReads = (page: Page, topic: string) =>
  page.waitForFunction(
    async (topic) => (await window.events.query()).events.some((event) => event.topic === topic),
    topic,
  );
