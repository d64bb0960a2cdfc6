import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { idOf, openViewer, type ViewerWindow } from './viewer-page.ts';
import { openViewerRoom } from './viewer-room.ts';

declare const window: ViewerWindow;

const WAIT = { timeout: 20_000 };
const TOTAL = 100_000;
const room = openViewerRoom(TOTAL);
const { viewer, row } = room;
let page: Page;
beforeAll(() => {
  page = room.page;
});

const rows = () => viewer('tbody tr[data-id]');
const rowCount = async () => Number(await viewer('table').getAttribute('aria-rowcount'));
const scrollTo = (top: number) =>
  viewer('main').evaluate((main, top) => {
    main.scrollTop = top;
  }, top);
const dispatch = (topic: string) =>
  page.evaluate((topic) => window.events.dispatch({ topic }), topic);
const focusedIndex = () =>
  page.evaluate(() => {
    const row = document.querySelector('cuesheet-viewer')?.shadowRoot?.activeElement;
    return row?.getAttribute('aria-rowindex') ?? null;
  });

describe('a table of 100,000 events', () => {
  test('says how many rows there are and draws those in sight', async () => {
    await expect.poll(rowCount, WAIT).toBe(TOTAL + 1);
    await row(TOTAL - 1).waitFor(WAIT);
    expect(await rows().count()).toBeLessThan(60);
    expect(await rows().first().getAttribute('aria-rowindex')).toBe('2');
  });

  test('shows what is scrolled to, in order, each row at its place', async () => {
    await scrollTo(50_000 * 30);
    await row(TOTAL - 1 - 50_000).waitFor(WAIT);
    const shown = await rows().evaluateAll((all) =>
      all.map((row) => [row.getAttribute('data-index'), row.getAttribute('data-id')]),
    );
    expect(shown).toEqual(shown.map(([index]) => [index, idOf(TOTAL - 1 - Number(index))]));
    const [top, head] = await row(TOTAL - 1 - 50_000).evaluate((row) => [
      row.getBoundingClientRect().top,
      row.closest('table')?.querySelector('thead')?.getBoundingClientRect().bottom,
    ]);
    expect(Math.abs(Number(top) - Number(head))).toBeLessThanOrEqual(1);
    await scrollTo(1e9);
    await row(0).waitFor(WAIT);
    expect(await row(0).getAttribute('aria-rowindex')).toBe(String(TOTAL + 1));
  });

  test('draws skeletons while the rows are not here, and the elements of rows are used again', async () => {
    await scrollTo(0);
    await row(TOTAL - 1).waitFor(WAIT);
    const [skeletons, kept] = await page.evaluate(async () => {
      const root = window.viewer.shadowRoot;
      const main = root?.querySelector('main') as HTMLElement;
      const before = new Set(root?.querySelectorAll('tbody tr'));
      main.scrollTop = 30 * 30;
      for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
      const kept = [...(root?.querySelectorAll('tbody tr') ?? [])].filter((row) => before.has(row));
      main.scrollTop = 70_000 * 30;
      await new Promise(requestAnimationFrame);
      await window.viewer.updateComplete;
      return [root?.querySelectorAll('tr.waiting').length, kept.length];
    });
    expect(skeletons).toBeGreaterThan(10);
    expect(kept).toBeGreaterThan(10);
    await row(TOTAL - 1 - 70_000).waitFor(WAIT);
    await expect.poll(() => viewer('tr.waiting').count(), WAIT).toBe(0);
  });

  test('keeps asking for one window at a time, and the newest wish wins', async () => {
    const most = await page.evaluate(async () => {
      const { events, viewer } = window;
      const main = viewer.shadowRoot?.querySelector('main') as HTMLElement;
      let open = 0;
      let most = 0;
      const live = events.live;
      events.live = (query, listener, onError) => {
        let isHere = false;
        most = Math.max(most, ++open);
        const heard = () => {
          if (!isHere) open--;
          isHere = true;
        };
        return live(
          query,
          (...news) => {
            heard();
            listener(...news);
          },
          onError,
        );
      };
      for (let step = 1; step <= 40; step++) {
        main.scrollTop = step * 60_000;
        await new Promise(requestAnimationFrame);
      }
      events.live = live;
      return most;
    });
    expect(most).toBe(1);
    await row(TOTAL - 1 - 80_000).waitFor(WAIT);
  });

  test('finds while one types', async () => {
    await viewer('input[type=search]').pressSequentially('number 4242');
    await row(4242).waitFor(WAIT);
    await expect.poll(rowCount, WAIT).toBe(21); // 4242, those that end in it, and those that begin with it
    await viewer('input[type=search]').fill('');
    await expect.poll(rowCount, WAIT).toBe(TOTAL + 1);
    await row(TOTAL - 1).waitFor(WAIT);
  });

  test('is moved through by the keyboard, to its very end and back', async () => {
    await rows().first().focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp']) await page.keyboard.press(key);
    await expect.poll(focusedIndex, WAIT).toBe('3');
    await page.keyboard.press('End');
    await expect.poll(focusedIndex, WAIT).toBe(String(TOTAL + 1));
    await page.keyboard.press('PageUp');
    await expect.poll(async () => Number(await focusedIndex()), WAIT).toBeLessThan(TOTAL - 10);
    await page.keyboard.press('Home');
    await expect.poll(focusedIndex, WAIT).toBe('2');
    await viewer('input[type=search]').focus();
  });
});

describe('new events', () => {
  test('come in at the top while it is at the top', async () => {
    await scrollTo(0);
    await row(TOTAL - 1).waitFor(WAIT);
    const { id } = await dispatch('tail.first');
    await expect.poll(() => rows().first().getAttribute('data-id'), WAIT).toBe(id);
  });

  test('are counted while it is scrolled down, and the rows stay where they are', async () => {
    await scrollTo(3000);
    await row(TOTAL - 100).waitFor(WAIT);
    const place = () =>
      row(TOTAL - 100).evaluate((row) => [row.dataset['index'], row.getBoundingClientRect().top]);
    const before = await place();
    for (let number = 0; number < 3; number++) await dispatch('tail.more');
    await viewer('.chip').filter({ hasText: '3 new' }).waitFor(WAIT);
    expect(await place()).toEqual(before);
    await viewer('.chip').click();
    await expect.poll(() => rows().first().locator('.topic').textContent(), WAIT).toMatch('more');
    await expect.poll(() => viewer('.chip').count(), WAIT).toBe(0);
  });

  test('are held back while the details of a row are open; the chip closes them', async () => {
    await row(TOTAL - 1).click();
    await viewer('.details').waitFor(WAIT);
    const { id } = await dispatch('tail.selected');
    await viewer('.chip').filter({ hasText: '1 new' }).waitFor(WAIT);
    expect(await viewer(`tr[data-id="${id}"]`).count()).toBe(0);
    await viewer('.chip').click();
    await expect.poll(() => rows().first().getAttribute('data-id'), WAIT).toBe(id);
    expect(await viewer('.details').count()).toBe(0);
  });

  test('are held back by the pause button', async () => {
    await viewer('[data-pause]').click();
    await viewer('[data-pause][aria-pressed=true]').waitFor(WAIT);
    const first = await rows().first().getAttribute('data-id');
    await dispatch('tail.held');
    await viewer('.chip').filter({ hasText: '1 new' }).waitFor(WAIT);
    expect(await rows().first().getAttribute('data-id')).toBe(first);
    await viewer('[data-pause]').click();
    await expect.poll(() => rows().first().locator('.topic').textContent(), WAIT).toMatch('held');
  });
});

test('what goes in front of the rows in sight is no longer counted, and the last row is at the end', async () => {
  await scrollTo(1e9);
  await row(0).waitFor(WAIT);
  const before = await rowCount();
  expect(await row(0).getAttribute('aria-rowindex')).toBe(String(before));
  await page.evaluate((id) => window.events.remove(id), idOf(TOTAL - 1));
  await expect.poll(rowCount, WAIT).toBe(before - 1);
  await expect.poll(() => row(0).getAttribute('aria-rowindex'), WAIT).toBe(String(before - 1));
  expect(await viewer('tr.waiting').count()).toBe(0);
});

test('a table that is higher than browsers can do reaches every row', async () => {
  const MANY = 520_000;
  const other = await openViewer(room.browser, `${room.server.url}/?name=large`);
  await other.evaluate(async (many) => {
    for (let from = 0; from < many; from += 20_000) {
      let lines = '';
      for (let number = from; number < from + 20_000; number++) {
        const id = `e${number.toString(16).padStart(31, '0')}`;
        const time = new Date(1_774_000_000_000 + number * 1000).toISOString();
        const times = { createdAt: time, updatedAt: time };
        lines += `${JSON.stringify({ id, hash: id, topic: 'demo.many', status: 'finished', ...times })}\n`;
      }
      await window.events.import(new Blob([lines]));
    }
  }, MANY);
  const table = other.locator('cuesheet-viewer table');
  await expect.poll(() => table.getAttribute('aria-rowcount'), WAIT).toBe(String(MANY + 1));
  const height = await table.evaluate((table) => table.getBoundingClientRect().height);
  expect(height).toBeLessThan(15_100_000);
  await other.locator('cuesheet-viewer tbody tr[data-id]').first().focus();
  await other.keyboard.press('End');
  const last = other.locator(`cuesheet-viewer tr[data-id="${idOf(0)}"]`);
  await last.waitFor(WAIT);
  const [bottom, end] = await last.evaluate((row) => [
    row.getBoundingClientRect().bottom,
    row.closest('main')?.getBoundingClientRect().bottom,
  ]);
  expect(Math.abs(Number(bottom) - Number(end))).toBeLessThanOrEqual(1);
  await other.keyboard.press('ArrowUp');
  await expect
    .poll(
      () => other.evaluate(() => window.viewer.shadowRoot?.activeElement?.getAttribute('data-id')),
      WAIT,
    )
    .toBe(idOf(1));
  await other.close();
}, 120_000);
