import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium, type StaticServer } from './launch.ts';
import { importEvents, openViewer, serveViewer, type ViewerWindow } from './viewer-page.ts';

declare const window: ViewerWindow;

const WAIT = { timeout: 20_000 };
const PROJECTS = 9;
const LONG = 5000;
/** A page of this host is no secure context. */
const PLAIN_HOST = 'plain.test';

const profile = temporaryFolder();
let server: StaticServer;
let browser: BrowserContext;
let page: Page;

beforeAll(async () => {
  server = await serveViewer('url-state');
  browser = await launchChromium(profile.path, {
    flags: [`--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`],
  });
  page = await openViewer(browser, server.url);
  await page.evaluate(
    async ({ projects, long }) => {
      for (let number = 0; number < projects; number++) {
        await window.events.dispatch({ topic: 'demo.limit', project: `project_${number}` });
      }
      await window.events.dispatch({
        topic: 'demo.long',
        payload: { text: 'x'.repeat(long), list: Array.from({ length: 300 }, (_, at) => at) },
      });
    },
    { projects: PROJECTS, long: LONG },
  );
});
afterAll(() => {
  server.close();
  killBrowser(profile.path);
  profile.remove();
});

const viewer = (selector: string, options: { hasText?: string | RegExp } = {}) =>
  page.locator(`cuesheet-viewer ${selector}`, options);
const total = async () => Number(await viewer('table').getAttribute('aria-rowcount')) - 1;

test('a facet shows six values, all of them when asked, and six again', async () => {
  const facet = viewer('fieldset', { hasText: 'Project' });
  const values = () => facet.locator('input').count();
  await facet.locator('button', { hasText: 'Show 4 more' }).click(WAIT);
  await expect.poll(values, WAIT).toBe(PROJECTS + 1); // and none
  await facet.locator('button', { hasText: 'Show fewer' }).click();
  await expect.poll(values, WAIT).toBe(6);
});

test('the focus of a row that a filter takes away goes to the table', async () => {
  const focused = () =>
    page.evaluate(
      () => document.querySelector('cuesheet-viewer')?.shadowRoot?.activeElement?.localName,
    );
  const address = (hash: string) =>
    page.evaluate((hash) => {
      location.hash = hash;
    }, hash);
  await viewer('tbody tr[data-id]').first().focus(WAIT);
  expect(await focused()).toBe('tr');
  await address('search=nowhere');
  await viewer('.empty').waitFor(WAIT);
  await expect.poll(focused, WAIT).toBe('main');
  await address('');
  await expect.poll(total, WAIT).toBe(PROJECTS + 1);
});

test('a long text and a long list are cut, and say how much is left', async () => {
  await viewer('tbody tr', { hasText: 'demo.long' }).click(WAIT);
  const payload = viewer('[data-json=payload]');
  await payload
    .locator('li', { hasText: `… ${(LONG - 2000).toLocaleString('en')} more` })
    .waitFor(WAIT);
  expect(await payload.locator('li li').count()).toBe(201);
  expect(await payload.locator('li li').last().textContent()).toBe('… 100 more');
  await viewer('.details [data-close]').click();
});

test('a drag over the histogram that the browser takes away chooses nothing', async () => {
  const bars = viewer('.bars');
  await bars.waitFor(WAIT);
  const box = (await bars.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(box.x + box.width * 0.2, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 10);
  await bars.dispatchEvent('pointercancel');
  await page.mouse.up();
  expect(await viewer('[data-edge=left]').getAttribute('aria-valuenow')).toBe('0');
  expect(await viewer('.histogram button').isDisabled()).toBe(true);
  expect(await total()).toBe(PROJECTS + 1);
});

describe('a viewer of two thousand events', () => {
  beforeAll(() => importEvents(page, 0, 2000));

  /** The place of the first row that is in sight as a whole. */
  const firstInSight = () =>
    viewer('main').evaluate((main) => {
      const head = main.querySelector('thead')?.getBoundingClientRect().bottom ?? 0;
      const top = Math.max(head, main.getBoundingClientRect().top);
      const rows = [...main.querySelectorAll<HTMLElement>('tr[data-index]')];
      const places = rows
        .filter((row) => row.getBoundingClientRect().top >= top - 1)
        .map((row) => Number(row.dataset['index']));
      return Math.min(...places);
    });
  const placesOff = async () => Math.abs((await firstInSight()) - 900);

  test('that becomes narrow, and wide again, shows the same rows', async () => {
    await expect.poll(total, WAIT).toBe(2000 + PROJECTS + 1);
    await viewer('main').evaluate((main) => {
      main.scrollTop = 900 * 30;
    });
    await expect.poll(firstInSight, WAIT).toBe(900);
    await page.setViewportSize({ width: 360, height: 720 });
    await expect.poll(placesOff, WAIT).toBeLessThan(5);
    await page.setViewportSize({ width: 1280, height: 720 });
    await expect.poll(placesOff, WAIT).toBeLessThan(5);
  });
});

test('rows that can no longer be read keep the last ones in sight, and it says why', async () => {
  await viewer('main').evaluate((main) => {
    main.scrollTop = 0;
  });
  await viewer('tbody tr[data-index="0"][data-id]').waitFor(WAIT);
  await page.evaluate(() => window.events.close());
  await viewer('input[type=search]').fill('limit');
  await viewer('.note.warning', { hasText: 'closed' }).waitFor(WAIT);
  expect(await viewer('tbody tr[data-id]').count()).toBeGreaterThan(10);
  await page.reload();
  await page.waitForFunction(() => window.ready);
});

test('a viewer without events says why, and tries again', async () => {
  await page.evaluate(() => {
    window.viewer.failure = 'the worker cannot start';
  });
  const alert = viewer('[role=alert]', { hasText: 'the worker cannot start' });
  await alert.waitFor(WAIT);
  await alert.locator('button', { hasText: 'Try again' }).click();
  await alert.waitFor({ ...WAIT, state: 'detached' });
  await page.waitForFunction(() => window.ready);
});

test('a page without https has no clipboard and no locks: it copies, and keeps events in memory', async () => {
  page = await openViewer(browser, server.url.replace('127.0.0.1', PLAIN_HOST));
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  await page.evaluate(() => window.events.dispatch({ topic: 'demo.plain', payload: { a: 1 } }));
  await viewer('.note.warning', { hasText: 'no secure context' }).waitFor(WAIT);
  await viewer('tbody tr', { hasText: 'demo.plain' }).click(WAIT);
  await viewer('[data-json=payload] button').click(WAIT);
  await viewer('[data-json=payload] button', { hasText: 'Copied' }).waitFor(WAIT);
  await viewer('input[type=search]').focus();
  await page.keyboard.press('Control+V');
  await expect
    .poll(() => viewer('input[type=search]').inputValue(), WAIT)
    .toMatch(/^\{\s*"a": 1\s*\}$/);
});
