import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { idOf, type ViewerWindow } from './viewer-page.ts';
import { openViewerRoom } from './viewer-room.ts';

declare const window: ViewerWindow;

const WAIT = { timeout: 20_000 };
const TOTAL = 4200;
const room = openViewerRoom(TOTAL, 'url-state');
const { viewer, row, total, counted } = room;
let page: Page;
beforeAll(async () => {
  page = room.page;
  await room.browser.grantPermissions(['clipboard-read', 'clipboard-write']);
});

const facetValue = (facet: string, name: string) =>
  viewer(`[data-facet=${facet}] .value`).filter({ hasText: name });
const countOf = (facet: string, name: string) =>
  facetValue(facet, name).locator('.number').textContent();
const clear = async () => {
  await viewer('.facets > button').first().click();
  await expect.poll(total, WAIT).toBe(await counted({ includeLogs: true }));
};
const hash = () => page.evaluate(() => location.hash);

describe('facets', () => {
  test('count what is there, and choose several values of several facets', async () => {
    await expect.poll(() => countOf('status', 'Failed'), WAIT).toBe('840');
    await expect.poll(() => countOf('project', '(none)'), WAIT).toBe('600');
    await facetValue('status', 'Failed').click();
    await facetValue('status', 'Aborted').click();
    await expect.poll(total, WAIT).toBe(1680);
    expect(await viewer('[data-matches]').textContent()).toBe('1,680 match');
    await facetValue('topic', 'publish.shot').click();
    const query = { statuses: ['failed', 'aborted'], topics: ['publish.shot'] };
    await expect.poll(total, WAIT).toBe(await counted(query));
    // a facet counts what could be chosen besides, others what is left
    await expect
      .poll(() => countOf('status', 'Finished'), WAIT)
      .toBe(String(await counted({ statuses: ['finished'], topics: ['publish.shot'] })));
    await clear();
  });

  test('find events that have no project', async () => {
    await facetValue('project', '(none)').click();
    await expect.poll(total, WAIT).toBe(600);
    await facetValue('project', 'aurora').click();
    await expect
      .poll(total, WAIT)
      .toBe(600 + (await counted({ projects: ['aurora'], includeLogs: true })));
    await clear();
  });

  test('follow what happens', async () => {
    const before = await counted({ statuses: ['pending'], includeLogs: true });
    const { id } = await page.evaluate(() =>
      window.events.dispatch({ topic: 'facet.new', finished: false }),
    );
    await expect.poll(() => countOf('status', 'Pending'), WAIT).toBe(String(before + 1));
    await page.evaluate((id) => window.events.remove(id), id);
    await expect.poll(() => countOf('status', 'Pending'), WAIT).toBe(String(before));
  });
});

describe('the histogram', () => {
  const bars = () => viewer('.bars');
  const bucketOf = async (edge: string) =>
    Number(await viewer(`[data-edge=${edge}]`).getAttribute('aria-valuenow'));

  test('chooses a time by dragging, and lets go of it', async () => {
    // The bars no longer reach to the event of now that has been removed.
    await expect.poll(() => viewer('.edge-time').last().textContent(), WAIT).toMatch(/:09:59/);
    const box = (await bars().boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const at = (part: number) => box.x + box.width * part;
    await page.mouse.move(at(0.255), box.y + 10);
    await page.mouse.down();
    await page.mouse.move(at(0.4), box.y + 10);
    await page.mouse.move(at(0.495), box.y + 10);
    await page.mouse.up();
    await expect.poll(() => bucketOf('left'), WAIT).toBe(12);
    expect(await bucketOf('right')).toBe(24);
    await expect.poll(total, WAIT).toBe(TOTAL / 4);
    await viewer('.histogram button').click();
    await expect.poll(total, WAIT).toBe(TOTAL);
  });

  test('is moved by the keyboard, edge by edge', async () => {
    await viewer('[data-edge=left]').focus();
    await page.keyboard.press('Shift+ArrowRight');
    for (let step = 0; step < 14; step++) await page.keyboard.press('ArrowRight');
    await expect.poll(() => bucketOf('left'), WAIT).toBe(24);
    await expect.poll(total, WAIT).toBe(TOTAL / 2);
    expect(await viewer('[data-edge=right]').getAttribute('aria-valuetext')).toBe('Now');
    await page.keyboard.press('Home');
    await expect.poll(total, WAIT).toBe(TOTAL);
  });
});

describe('details', () => {
  const details = () => viewer('.details');
  const field = (name: string) => details().locator(`[data-field=${name}]`);

  test('show every field, summary and payload as trees, and copy them', async () => {
    await row(TOTAL - 1).click();
    await details().waitFor(WAIT);
    await expect.poll(() => field('id').textContent(), WAIT).toBe(idOf(TOTAL - 1));
    expect(await viewer('tr[aria-current=true]').getAttribute('data-id')).toBe(idOf(TOTAL - 1));
    const payload = details().locator('[data-json=payload]');
    await payload.locator('.key', { hasText: 'list' }).waitFor(WAIT);
    expect(await payload.locator('.key', { hasText: 'deep' }).count()).toBe(0);
    await payload.locator('summary', { hasText: '2' }).last().click();
    await payload.locator('.key', { hasText: 'deep' }).waitFor(WAIT);
    await payload.locator('summary', { hasText: 'list' }).click();
    await expect.poll(() => payload.locator('.key', { hasText: 'deep' }).count(), WAIT).toBe(0);
    await payload.locator('button').click();
    await payload.locator('button', { hasText: 'Copied' }).waitFor(WAIT);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(JSON.parse(copied)).toEqual({ number: TOTAL - 1, list: [1, 2, { deep: true }] });
    await details().locator('[data-copy=event]').click();
    await details().locator('[data-copy=event]', { hasText: 'Copied' }).waitFor(WAIT);
    const whole = await page.evaluate(() => navigator.clipboard.readText());
    expect(JSON.parse(whole)).toMatchObject({ id: idOf(TOTAL - 1), user: 'cleo' });
  });

  test('follow the keyboard and close by Escape', async () => {
    await row(TOTAL - 1).focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => field('id').textContent(), WAIT).toBe(idOf(TOTAL - 2));
    await page.keyboard.press('Escape');
    await expect.poll(() => details().count(), WAIT).toBe(0);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => field('id').textContent(), WAIT).toBe(idOf(TOTAL - 3));
    await details().locator('[data-close]').click();
    await expect.poll(() => details().count(), WAIT).toBe(0);
  });

  test('show how far a job is, live, and what it depends on', async () => {
    const [parent = '', child = ''] = await page.evaluate(async () => {
      const { events } = window;
      const one = await events.dispatch({ topic: 'render.parent', finished: false });
      await events.update(one.id, { status: 'in_progress', progress: 10 });
      const two = await events.dispatch({
        topic: 'render.child',
        dependsOn: one.id,
        finished: false,
      });
      return [one.id, two.id];
    });
    await viewer(`tr[data-id="${child}"]`).waitFor(WAIT);
    await viewer(`tr[data-id="${parent}"]`).click();
    const bar = details().locator('.progress [role=progressbar]');
    await expect.poll(() => bar.getAttribute('aria-valuenow'), WAIT).toBe('10');
    await page.evaluate((id) => window.events.update(id, { progress: 60 }), parent);
    await expect.poll(() => bar.getAttribute('aria-valuenow'), WAIT).toBe('60');
    await details().locator('.progress', { hasText: '0 of 1 jobs' }).waitFor(WAIT);
    await details().locator('.dependencies button', { hasText: 'render.child' }).click();
    await expect.poll(() => field('id').textContent(), WAIT).toBe(child);
    await viewer(`tr.parent[data-id="${parent}"]`).waitFor(WAIT);
    await details().locator('[data-field=dependsOn] button').click();
    await expect.poll(() => field('id').textContent(), WAIT).toBe(parent);
    await page.screenshot({ path: 'test-results/viewer-details.png' });
    await details().locator('[data-close]').click();
    await page.evaluate(
      async ([parent, child]) => {
        await window.events.remove(child as string);
        await window.events.remove(parent as string);
      },
      [parent, child],
    );
  });

  test('cover a narrow viewer as a sheet', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await viewer('.stage.compact').waitFor(WAIT);
    await viewer('tbody tr[data-id]').first().click();
    await details().waitFor(WAIT);
    const box = await details().boundingBox();
    expect([box?.x, box?.width]).toEqual([0, 360]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await page.screenshot({ path: 'test-results/viewer-sheet.png' });
    await page.keyboard.press('Escape');
    await expect.poll(() => details().count(), WAIT).toBe(0);
    await page.setViewportSize({ width: 1280, height: 720 });
  });
});

describe('the address', () => {
  test('keeps filter and selection, and a reload restores them', async () => {
    await viewer('input[type=search]').fill('number 41');
    await facetValue('status', 'Failed').click();
    await viewer('input[role=switch]').uncheck();
    const expected = await counted({ filter: 'number 41', statuses: ['failed'] });
    await expect.poll(total, WAIT).toBe(expected);
    await viewer('tbody tr[data-id]').first().click();
    await expect.poll(hash, WAIT).toMatch(/^#search=number\+41&logs=0&status=failed&event=e0+/);
    await page.reload();
    await page.waitForFunction(() => window.ready);
    await expect.poll(total, WAIT).toBe(expected);
    await viewer('.details [data-field=id]').waitFor(WAIT);
    expect(await viewer('input[type=search]').inputValue()).toBe('number 41');
    await page.evaluate(() => {
      location.hash = '#topic=publish.shot';
    });
    await expect.poll(total, WAIT).toBe(TOTAL / 4);
    expect(await viewer('.details').count()).toBe(0);
    await clear();
    await viewer('input[role=switch]').check();
    await expect.poll(hash, WAIT).toBe('');
  });
});

describe('keys', () => {
  test('/ goes to the search, ? lists them, Delete asks', async () => {
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press('/');
    await page.keyboard.type('number 7?');
    expect(await viewer('input[type=search]').inputValue()).toBe('number 7?');
    await page.keyboard.press('Escape');
    expect(await viewer('input[type=search]').inputValue()).toBe('');
    await row(TOTAL - 1).focus();
    await page.keyboard.press('?');
    await viewer('[data-help]').waitFor(WAIT);
    expect(await viewer('[data-help] dt').count()).toBe(8);
    await page.keyboard.press('Escape');
    await expect.poll(() => viewer('[data-help]').count(), WAIT).toBe(0);
    await row(TOTAL - 1).focus();
    await page.keyboard.press('Delete');
    await viewer('[data-question]', { hasText: 'Delete this event?' }).waitFor(WAIT);
    await viewer('[data-cancel]').click();
    await expect.poll(() => viewer('[data-question]').count(), WAIT).toBe(0);
    expect(await counted({ ids: [idOf(TOTAL - 1)], includeLogs: true })).toBe(1);
  });
});

test('words can be replaced, and elements tell what happens', async () => {
  const heard = await page.evaluate(async () => {
    const { viewer } = window;
    const heard: string[] = [];
    for (const name of ['cuesheet-select', 'cuesheet-filter']) {
      document.addEventListener(name, () => heard.push(name), { once: true });
    }
    viewer.strings = { title: 'Ereignisse' };
    viewer.selected = viewer.shadowRoot?.querySelector('tbody tr')?.getAttribute('data-id') ?? '';
    viewer.filter = { ...viewer.filter, search: 'number' };
    await viewer.updateComplete;
    viewer.selected = '';
    viewer.filter = { ...viewer.filter, search: '' };
    return heard;
  });
  expect(heard).toEqual(['cuesheet-select', 'cuesheet-filter']);
  await viewer('h1', { hasText: 'Ereignisse' }).waitFor(WAIT);
});

test('everything that can be used has a name', async () => {
  await row(TOTAL - 1).click();
  await viewer('.details dl').waitFor(WAIT);
  const nameless = await page.evaluate(() => {
    const all = window.viewer.shadowRoot?.querySelectorAll<HTMLElement>(
      'button, input, [role=slider], [role=progressbar], svg[role=img], table, dialog, aside, .details',
    );
    const nameOf = (element: HTMLElement) =>
      element.getAttribute('aria-label') ??
      (element.closest('label')?.textContent || element.textContent || '').trim();
    return [...(all ?? [])].filter((element) => !nameOf(element)).map((one) => one.outerHTML);
  });
  expect(nameless).toEqual([]);
  await viewer('.details [data-close]').click();
});

test('a viewer that is taken off the page leaves nothing running', async () => {
  const open = await page.evaluate(async () => {
    const { events } = window;
    let open = 0;
    const live = events.live;
    events.live = (...query) => {
      const end = live(...query);
      let isOpen = true;
      open++;
      return () => {
        if (isOpen) open--;
        isOpen = false;
        end();
      };
    };
    const frame = () => new Promise(requestAnimationFrame);
    const viewer = document.createElement('cuesheet-viewer') as ViewerWindow['viewer'];
    viewer.events = events;
    document.body.append(viewer);
    const row = () => viewer.shadowRoot?.querySelector<HTMLElement>('tr[data-id]');
    while (!row()) await frame();
    row()?.click();
    while (!viewer.shadowRoot?.querySelector('.details dl')) await frame();
    const before = open;
    viewer.remove();
    viewer.requestUpdate();
    await viewer.updateComplete;
    await frame();
    events.live = live;
    return [before, open];
  });
  expect(open).toEqual([3, 0]); // the window, the event and its progress
});
