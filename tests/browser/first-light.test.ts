import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { type AyonReport, driveWithAyonClient } from '../edge/ayon-client.ts';
import {
  allEvents,
  call,
  type HubProcess,
  KEYS,
  startHub,
  temporaryFolder,
} from '../edge/hub-process.ts';
import { killBrowser, launchChromium } from './launch.ts';

const data = temporaryFolder();
const profile = temporaryFolder();
let hub: HubProcess;
afterAll(async () => {
  await hub.stop(); // it has stopped already, unless the test failed
  killBrowser(profile.path);
  data.remove();
  profile.remove();
});

/** Longer than the longest back-off of a connection (30 s): a hub that is back may be tried late. */
const WAIT = { timeout: 45_000 };

/** Waits until the page's header counts this many events; a failure says what it counted. */
async function waitForCount(page: Page, count: number): Promise<void> {
  const counter = page.locator('cuesheet-viewer [data-events]');
  const counted = async () => Number((await counter.textContent())?.replace(/\D/g, ''));
  await expect.poll(counted, WAIT).toBe(count);
}

async function waitForState(page: Page, name: 'connection' | 'storage', value: string) {
  await page.locator(`cuesheet-viewer [data-${name}="${value}"]`).waitFor(WAIT);
}

/** Scrolls through all events and gives their ids as the table has them. */
async function listedIds(page: Page): Promise<string[]> {
  const table = page.locator('cuesheet-viewer table');
  const total = Number(await table.getAttribute('aria-rowcount')) - 1;
  const ids = new Map<number, string>();
  for (let step = 0; step < 100 && (step === 0 || ids.size < total); step++) {
    await page.locator('cuesheet-viewer main').evaluate(async (main, step) => {
      main.scrollTop = (step * main.clientHeight) / 2;
      for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    }, step);
    await expect.poll(() => page.locator('cuesheet-viewer tr.waiting').count(), WAIT).toBe(0);
    const drawn = await page
      .locator('cuesheet-viewer tbody tr')
      .evaluateAll((all) => all.map((row) => ({ ...(row as HTMLElement).dataset })));
    for (const { index, id } of drawn) ids.set(Number(index), id ?? '');
  }
  await page.locator('cuesheet-viewer main').evaluate((main) => {
    main.scrollTop = 0;
  });
  return [...ids].sort(([a], [b]) => a - b).map(([, id]) => id);
}

/** The table holds what the hub holds: none twice, none missing, newest first. */
async function expectSame(page: Page, hub: { url: string }): Promise<void> {
  await waitForState(page, 'connection', 'live');
  const there = (await allEvents(hub)).map((event) => event.id).reverse();
  await expect.poll(() => listedIds(page), WAIT).toEqual(there);
}

test('an event of a real AYON client appears in a browser, survives offline, kill and restart', async () => {
  hub = await startHub(data.path, { npmStart: true });
  const port = Number(new URL(hub.url).port);
  let browser: BrowserContext = await launchChromium(profile.path);
  let page = await browser.newPage();
  await page.goto(hub.link);
  await waitForState(page, 'connection', 'live');
  await waitForState(page, 'storage', 'durable');
  expect(page.url()).toBe(`${hub.url}/`); // the token has left the address bar

  // live, with moving progress bars
  const job = await call(hub, 'POST', '/api/events', {
    key: KEYS.service,
    body: { topic: 'demo.job', description: 'a long one', finished: false },
  });
  const bar = page.locator(`cuesheet-viewer tr[data-id="${job.body.id}"] [role=progressbar]`);
  for (const progress of [20, 55, 90]) {
    const body = { status: 'in_progress', progress };
    await call(hub, 'PATCH', `/api/events/${job.body.id}`, { key: KEYS.service, body });
    await expect.poll(() => bar.getAttribute('aria-valuenow'), WAIT).toBe(String(progress));
  }
  const report: AyonReport = await driveWithAyonClient(hub.url);
  await waitForCount(page, 202);
  await expectSame(page, hub);

  // the hub is gone: a reload shows everything from IndexedDB, queryable
  expect(await hub.stop()).toBe(0);
  await page.reload();
  await waitForCount(page, 202);
  expect(await page.locator('cuesheet-viewer [data-connection="live"]').count()).toBe(0);
  await page.locator('cuesheet-viewer input[type=search]').fill('NUMBER 123');
  await expect.poll(() => page.locator('cuesheet-viewer tbody tr').count(), WAIT).toBe(1);
  expect(await listedIds(page)).toEqual([report.ids[123]]);

  // the hub is back: what comes next arrives without a reload
  await page.locator('cuesheet-viewer input[type=search]').fill('');
  hub = await startHub(data.path, { port, npmStart: true });
  const second = await driveWithAyonClient(hub.url).catch(() => null);
  expect(second).toBeNull(); // its one fixed hash is taken: it stops after 200 more events
  await waitForCount(page, 402);
  await expectSame(page, hub);

  // the browser is killed once it says that everything is durable: the same profile still has it
  await page.locator('cuesheet-viewer [data-storage]', { hasText: 'Durable' }).waitFor(WAIT);
  expect(await hub.stop()).toBe(0);
  killBrowser(profile.path);
  await browser.close().catch(() => {});
  browser = await launchChromium(profile.path);
  page = await browser.newPage();
  await page.goto(`${hub.url}/`);
  await waitForCount(page, 402);

  // and continues from there: none twice, none missing
  hub = await startHub(data.path, { port, npmStart: true });
  await page.goto(hub.link);
  const body = { topic: 'demo.last' };
  await call(hub, 'POST', '/api/events', { key: KEYS.service, body });
  await waitForCount(page, 403);
  await expectSame(page, hub);
  await browser.close();
  expect(await hub.stop()).toBe(0);
}, 240_000);
