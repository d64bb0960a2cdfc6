import type { BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium, type StaticServer } from './launch.ts';
import { idOf, importEvents, openViewer, serveViewer, type ViewerWindow } from './viewer-page.ts';

declare const window: ViewerWindow;

const SET_UP_MS = 120_000;

/** A browser whose viewer shows generated events. */
export interface ViewerRoom {
  server: StaticServer;
  browser: BrowserContext;
  /** Where the functions below look; tests may put another page here. */
  page: Page;
  /** In the viewer of the page. */
  viewer(selector: string, options?: { hasText?: string | RegExp }): Locator;
  /** The row of a generated event. */
  row(number: number): Locator;
  /** How many events the table has, in sight or not. */
  total(): Promise<number>;
  /** How many events match. */
  counted(query: object): Promise<number>;
}

/** Opens a room for the tests of a file or a group, with this many events, and cleans up after them. */
export function openViewerRoom(events: number, attributes = ''): ViewerRoom {
  const profile = temporaryFolder();
  const viewer: ViewerRoom['viewer'] = (selector, options) =>
    room.page.locator(`cuesheet-viewer ${selector}`, options);
  const room = {
    viewer,
    row: (number) => viewer(`tr[data-id="${idOf(number)}"]`),
    total: async () => Number(await viewer('table').getAttribute('aria-rowcount')) - 1,
    counted: (query) =>
      room.page.evaluate(async (query) => (await window.events.count(query)).total, query),
  } as ViewerRoom;
  beforeAll(async () => {
    room.server = await serveViewer(attributes);
    room.browser = await launchChromium(profile.path);
    room.page = await openViewer(room.browser, room.server.url);
    await importEvents(room.page, 0, events);
  }, SET_UP_MS);
  afterAll(() => {
    room.server.close();
    killBrowser(profile.path);
    profile.remove();
  });
  return room;
}
