import { readFileSync } from 'node:fs';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openViewer, type ViewerWindow } from './viewer-page.ts';
import { openViewerRoom } from './viewer-room.ts';

declare const window: ViewerWindow & {
  axe: { run(context: Document, options: RunOptions): Promise<AxeResults> };
};

const WAIT = { timeout: 20_000 };
const TOTAL = 1500;
const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
const room = openViewerRoom(TOTAL);
const { viewer } = room;
let page: Page;
beforeAll(() => room.page.close());

const firstRow = () => viewer('tbody tr[data-id]').first();
const leave = async (gone: string) => {
  await page.keyboard.press('Escape');
  await expect.poll(() => viewer(gone).count(), WAIT).toBe(0);
};

/** What axe finds with all of its rules, each with the places it is found at. */
async function violations(): Promise<string[]> {
  // colours are judged as they are at last, not on their way there
  await page.evaluate(async () => {
    const root = window.viewer.shadowRoot;
    for (const animation of [...document.getAnimations(), ...(root?.getAnimations() ?? [])])
      if (animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
        animation.finish();
  });
  const { violations, passes } = await page.evaluate(
    async () => await window.axe.run(document, { resultTypes: ['violations'] }),
  );
  expect(passes.map(({ id }) => id)).toContain('color-contrast'); // it has looked
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 300)} ${node.failureSummary ?? ''}`),
  );
}

const LOOKS = [
  { scheme: 'dark', width: 1280 },
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 360 },
  { scheme: 'light', width: 360 },
] as const;

describe.each(LOOKS)('axe finds nothing, $scheme and $width px wide,', ({ scheme, width }) => {
  beforeAll(async () => {
    page = room.page = await openViewer(room.browser, room.server.url);
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 720 });
    await viewer(width === 360 ? '.viewer.narrow' : '.viewer:not(.narrow)').waitFor(WAIT);
    await firstRow().waitFor(WAIT);
    await page.evaluate(axe);
  });
  afterAll(() => page.close());

  test('in the table', async () => {
    expect.soft(await violations()).toEqual([]);
  });

  test('with the facets and the histogram, and with them put away', async () => {
    const hasPanel = (await viewer('.facets').count()) === 1;
    await viewer('[data-panel]').click();
    await expect.poll(() => viewer('.facets').count(), WAIT).toBe(hasPanel ? 0 : 1);
    if (!hasPanel) await viewer('[data-facet=status] .value').first().waitFor(WAIT);
    expect.soft(await violations()).toEqual([]);
    await viewer('[data-panel]').click();
    await expect.poll(() => viewer('.facets').count(), WAIT).toBe(hasPanel ? 1 : 0);
  });

  test('with the details of an event', async () => {
    await firstRow().click();
    await viewer('.details [data-json=payload] .key').first().waitFor(WAIT);
    expect.soft(await violations()).toEqual([]);
    await leave('.details');
  });

  test('while it asks', async () => {
    await firstRow().focus();
    await page.keyboard.press('Delete');
    await viewer('[data-question]').waitFor(WAIT);
    expect.soft(await violations()).toEqual([]);
    await leave('[data-question]');
  });

  test('with the list of keys', async () => {
    await firstRow().focus();
    await page.keyboard.press('?');
    await viewer('[data-help]').waitFor(WAIT);
    expect.soft(await violations()).toEqual([]);
    await leave('[data-help]');
  });

  test('when nothing matches', async () => {
    const search = viewer('input[type=search]');
    await search.fill('nothing has this');
    await viewer('.empty').waitFor(WAIT);
    expect.soft(await violations()).toEqual([]);
    await search.fill('');
    await firstRow().waitFor(WAIT);
  });
});
