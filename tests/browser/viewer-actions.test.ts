import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type HubProcess, KEYS, startHub, temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium } from './launch.ts';
import { idOf, type ViewerWindow } from './viewer-page.ts';
import { openViewerRoom } from './viewer-room.ts';

declare const window: ViewerWindow;

/** Longer than the longest back-off of a connection (30 s). */
const WAIT = { timeout: 45_000 };
const TEST_MS = 120_000;

let page: Page;
const viewer = (selector: string, options: { hasText?: string | RegExp } = {}) =>
  page.locator(`cuesheet-viewer ${selector}`, options);
const toast = (text: string) => viewer('.toast', { hasText: text });
const confirm = async (title: string) => {
  await viewer('[data-question]', { hasText: title }).waitFor(WAIT);
  await viewer('[data-confirm]').click();
};

describe('actions on events of this browser', () => {
  const TOTAL = 1000;
  const room = openViewerRoom(TOTAL);
  const { row, counted } = room;
  beforeAll(() => {
    page = room.page;
  });
  const statusOf = (number: number) =>
    page.evaluate(async (id) => (await window.events.get(id))?.status, idOf(number));

  test('an action is held until its time to be undone is over', async () => {
    await row(TOTAL - 5).click(); // finished
    await viewer('.details [data-action=restart]').click();
    await confirm('Restart this event?');
    await toast('Restarting 1').waitFor(WAIT);
    expect(await statusOf(TOTAL - 5)).toBe('finished');
    await viewer('[data-undo]').click();
    await toast('Undone').waitFor(WAIT);
    await toast('Undone').waitFor({ ...WAIT, state: 'detached' }); // longer than it would be held
    expect(await statusOf(TOTAL - 5)).toBe('finished');

    await viewer('.details [data-action=restart]').click();
    await confirm('Restart this event?');
    await toast('Restarting 1').waitFor(WAIT);
    await toast('Restarted 1').waitFor(WAIT);
    expect(await statusOf(TOTAL - 5)).toBe('restarted');
    expect(await viewer('.details [data-action]').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching('Abort'), expect.stringMatching('Delete')]),
    );
    await viewer('.details [data-close]').click();
  });

  test('all that match are changed together, and the others are not', async () => {
    const before = await counted({ statuses: ['aborted'], includeLogs: true });
    await viewer('input[type=search]').fill('publish');
    const pending = await counted({
      filter: 'publish',
      statuses: ['pending', 'in_progress', 'restarted'],
      includeLogs: true,
    });
    await expect.poll(() => viewer('table').getAttribute('aria-rowcount'), WAIT).toBe('251');
    await viewer('[data-all]').click();
    await viewer('[data-kind=abort]').click();
    await confirm(`Abort ${pending} events?`);
    await toast(`Aborting ${pending}`).waitFor(WAIT);
    await toast(`Aborted ${pending}`).waitFor(WAIT);
    expect(await counted({ statuses: ['aborted'], includeLogs: true })).toBe(before + pending);
    await viewer('input[type=search]').fill('');
  });

  test('what is held when the page is left is carried out', async () => {
    await row(TOTAL - 1).focus();
    await page.keyboard.press('Delete');
    await confirm('Delete this event?');
    await toast('Deleting 1').waitFor(WAIT);
    await page.evaluate(() => dispatchEvent(new Event('pagehide')));
    await toast('Deleted 1').waitFor(WAIT);
    await expect.poll(() => statusOf(TOTAL - 1), WAIT).toBeUndefined();
  });

  test('what is held when the viewer is taken off the page is carried out', async () => {
    await row(TOTAL - 2).focus();
    await page.keyboard.press('Delete');
    await confirm('Delete this event?');
    await toast('Deleting 1').waitFor(WAIT);
    await page.evaluate(() => window.viewer.remove());
    await expect.poll(() => statusOf(TOTAL - 2), WAIT).toBeUndefined();
    await page.evaluate(() => document.body.append(window.viewer));
    await row(TOTAL - 3).waitFor(WAIT);
  });

  test('<cuesheet-progress> shows a job alone', async () => {
    const id = await page.evaluate(async () => {
      const { events } = window;
      const { id } = await events.dispatch({ topic: 'render.alone', finished: false });
      await events.update(id, { status: 'in_progress', progress: 25 });
      const element = document.createElement('cuesheet-progress') as HTMLElement & {
        events: unknown;
      };
      element.setAttribute('event-id', id);
      element.events = events;
      document.body.append(element);
      return id;
    });
    const bar = page.locator('cuesheet-progress [role=progressbar]');
    await expect.poll(() => bar.getAttribute('aria-valuenow'), WAIT).toBe('25');
    await page.evaluate((id) => window.events.update(id, { progress: 80 }), id);
    await expect.poll(() => bar.getAttribute('aria-valuenow'), WAIT).toBe('80');
    expect(await page.locator('cuesheet-progress .percent').textContent()).toBe('80%');
  });

  test('more events than a page are collected and deleted', async () => {
    const all = await counted({ includeLogs: true });
    expect(all).toBeGreaterThan(500);
    await viewer('[data-all]').click();
    await viewer('[data-kind=delete]').click();
    await confirm(`Delete ${all} events?`);
    await toast(`Deleted ${all}`).waitFor(WAIT);
    await viewer('.empty', { hasText: 'No events yet' }).waitFor(WAIT);
    expect(await counted({ includeLogs: true })).toBe(0);
  });
});

describe('writes through a hub', () => {
  const data = temporaryFolder();
  const profile = temporaryFolder();
  let hub: HubProcess;
  let browser: BrowserContext;
  let alone = '';
  let child = '';

  const onHub = async (id: string) =>
    (await call(hub, 'GET', `/api/events/${id}`, { key: KEYS.service })).body.status;
  const row = (id: string) => viewer(`tr[data-id="${id}"]`);
  const connection = (value: string) => viewer(`[data-connection="${value}"]`).waitFor(WAIT);
  const act = async (id: string, kind: string, title: string) => {
    await row(id).click();
    await viewer(`.details [data-action=${kind}]`).click();
    await confirm(title);
  };

  beforeAll(async () => {
    hub = await startHub(data.path);
    const post = async (body: object) =>
      (await call(hub, 'POST', '/api/events', { key: KEYS.service, body })).body.id;
    alone = await post({ topic: 'publish.shot', description: 'alone' });
    child = await post({ topic: 'publish.shot', description: 'child', dependsOn: alone });
    browser = await launchChromium(profile.path);
    page = await browser.newPage();
    await page.goto(hub.link);
    await connection('live');
    await row(child).waitFor(WAIT);
  }, TEST_MS);
  afterAll(async () => {
    killBrowser(profile.path);
    await hub.stop();
    data.remove();
    profile.remove();
  });

  test('what the server refuses is said, listed, and can be discarded', async () => {
    await act(alone, 'restart', 'Restart this event?'); // has no parent: only services may
    await toast('1 refused: Not allowed to update status').waitFor(WAIT);
    await viewer('[data-outbox]', { hasText: '1 refused' }).click();
    const write = viewer('.outbox li.refused');
    await write.filter({ hasText: 'Refused (403)' }).waitFor(WAIT);
    await write.locator('[data-retry]').click();
    await write.filter({ hasText: 'Refused (403)' }).waitFor(WAIT);
    await write.locator('[data-discard]').click();
    await viewer('.outbox', { hasText: 'Everything has been sent' }).waitFor(WAIT);
    await page.keyboard.press('Escape');
    await expect.poll(() => viewer('[data-outbox]').count(), WAIT).toBe(0);
    expect(await onHub(alone)).toBe('finished');
  });

  test('what it allows is done there', async () => {
    await act(child, 'restart', 'Restart this event?');
    await toast('Restarted 1').waitFor(WAIT);
    expect(await onHub(child)).toBe('restarted');
  });

  test(
    'offline an action waits, marked in its row, and can still be undone',
    async () => {
      const port = Number(new URL(hub.url).port);
      await hub.stop();
      await connection('waiting');
      await act(child, 'abort', 'Abort this event?');
      await toast('Abort of 1 waits for the server').waitFor(WAIT);
      await row(child).locator('.mark[aria-label="Waits for the server"]').waitFor(WAIT);
      await viewer('[data-outbox]', { hasText: '1 waiting' }).waitFor(WAIT);
      await page.screenshot({ path: 'test-results/viewer-waiting.png' });
      await toast('waits for the server').locator('[data-undo]').click();
      await toast('Undone').waitFor(WAIT);
      await expect.poll(() => viewer('.mark').count(), WAIT).toBe(0);
      await expect.poll(() => row(child).getAttribute('class'), WAIT).toMatch('restarted');
      hub = await startHub(data.path, { port });
      await connection('live');
      expect(await onHub(child)).toBe('restarted');
    },
    TEST_MS,
  );
});
