import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import type { StaticServer } from './launch.ts';
import { idOf, importEvents, serveViewer, type ViewerWindow } from './viewer-page.ts';

declare const window: ViewerWindow;

const WAIT = { timeout: 20_000 };
const TOTAL = 50_000;
const profile = temporaryFolder();
let server: StaticServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  server = await serveViewer();
  browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    userDataDir: profile.path,
    defaultViewport: { width: 1280, height: 720 },
  });
  page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.ready);
  await importEvents(page, 0, TOTAL);
}, 120_000);
afterAll(async () => {
  await browser.close();
  server.close();
  profile.remove();
});

const inViewer = (selector: string) => `cuesheet-viewer >>> ${selector}`;
const shown = async (selector: string) => {
  // only a search for a visible element is repeated, also in shadow roots
  const element = await page.waitForSelector(inViewer(selector), { ...WAIT, visible: true });
  if (!element) throw new Error(`no ${selector}`);
  return element;
};
const gone = (selector: string) =>
  page.waitForSelector(inViewer(selector), { ...WAIT, hidden: true });
const click = async (selector: string) => (await shown(selector)).click();
const texts = (selector: string) =>
  page.$$eval(inViewer(selector), (all) => all.map(({ textContent }) => textContent.trim()));
const hasText = (selector: string, text: string) =>
  expect.poll(async () => (await texts(selector)).join('\n'), WAIT).toMatch(text);
const total = async () => {
  const table = await shown('table');
  return Number(await table.evaluate((table) => table.getAttribute('aria-rowcount'))) - 1;
};
const row = (number: number) => `tr[data-id="${idOf(number)}"]`;
const scrollTo = async (top: number) =>
  (await shown('main')).evaluate((main, top) => {
    main.scrollTop = top;
  }, top);
const dispatch = (topic: string) =>
  page.evaluate(async (topic) => (await window.events.dispatch({ topic })).id, topic);
const statusOf = (number: number) =>
  page.evaluate(async (id) => (await window.events.get(id))?.status, idOf(number));
const focused = () =>
  page.evaluate(() => {
    const row = window.viewer.shadowRoot?.activeElement;
    return row?.getAttribute('aria-rowindex') ?? null;
  });

test('in Firefox the table is scrolled from end to end, each row at its place', async () => {
  await expect.poll(total, WAIT).toBe(TOTAL);
  await shown(row(TOTAL - 1));
  await scrollTo(20_000 * 30);
  await shown(row(TOTAL - 1 - 20_000));
  const rows = await page.$$eval(inViewer('tbody tr[data-id]'), (all) =>
    all.map((row) => [row.getAttribute('data-index'), row.getAttribute('data-id')]),
  );
  expect(rows.length).toBeGreaterThan(20);
  expect(rows).toEqual(rows.map(([index]) => [index, idOf(TOTAL - 1 - Number(index))]));
  const edges = await page.evaluate(
    (id) => {
      const root = window.viewer.shadowRoot;
      return [
        root?.querySelector(`tr[data-id="${id}"]`)?.getBoundingClientRect().top,
        root?.querySelector('thead')?.getBoundingClientRect().bottom,
      ];
    },
    idOf(TOTAL - 1 - 20_000),
  );
  expect(Math.abs(Number(edges[0]) - Number(edges[1]))).toBeLessThanOrEqual(1);
  await scrollTo(1e9);
  await shown(row(0));
});

test('in Firefox new events come in at the top, and are counted while it is scrolled down', async () => {
  await scrollTo(0);
  await shown(row(TOTAL - 1));
  const first = await dispatch('tail.first');
  await shown(`tbody tr:first-child[data-id="${first}"]`);
  await scrollTo(3000);
  await shown(row(TOTAL - 100));
  const second = await dispatch('tail.second');
  await hasText('.chip', '1 new');
  await click('.chip');
  await shown(`tbody tr:first-child[data-id="${second}"]`);
  await gone('.chip');
});

test('in Firefox it finds while one types, and filters by facets', async () => {
  await (await shown('input[type=search]')).type('number 4242');
  await shown(row(4242));
  await expect.poll(total, WAIT).toBe(15); // 4242, those that end in it, and those that begin with it
  await page.keyboard.press('Escape');
  await expect.poll(total, WAIT).toBe(TOTAL + 2);
  await click('[data-facet=status] .value.failed');
  await expect.poll(total, WAIT).toBe(TOTAL / 5);
  await hasText('[data-matches]', '10,000 match');
  await click('.facets > button');
  await expect.poll(total, WAIT).toBe(TOTAL + 2);
});

test('in Firefox details open, follow the keyboard and close', async () => {
  await click(row(TOTAL - 1));
  await hasText('.details [data-field=id]', idOf(TOTAL - 1));
  await hasText('.details [data-json=payload]', 'list');
  await page.keyboard.press('ArrowDown');
  await hasText('.details [data-field=id]', idOf(TOTAL - 2));
  await page.keyboard.press('Escape');
  await gone('.details');
  await page.keyboard.press('End');
  await expect.poll(focused, WAIT).toBe(String(TOTAL + 3));
  await page.keyboard.press('Home');
  await expect.poll(focused, WAIT).toBe('2');
});

test('in Firefox an action is undone, and done when it is not', async () => {
  await click('[data-pause]'); // it follows again
  await shown(row(TOTAL - 5)); // finished
  for (const undone of [true, false]) {
    await click(row(TOTAL - 5));
    await click('.details [data-action=restart]');
    await hasText('[data-question]', 'Restart this event?');
    await click('[data-confirm]');
    await hasText('.toast', 'Restarting 1');
    expect(await statusOf(TOTAL - 5)).toBe('finished');
    if (undone) await click('[data-undo]');
    await hasText('.toast', undone ? 'Undone' : 'Restarted 1');
    expect(await statusOf(TOTAL - 5)).toBe(undone ? 'finished' : 'restarted');
    await click('.details [data-close]');
  }
});
