import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { killBrowser, launchChromium } from '../../browser/launch.ts';
import { openViewer, serveViewer } from '../../browser/viewer-page.ts';
import { temporaryFolder } from '../../edge/hub-process.ts';
import {
  type BenchWindow,
  fileNames,
  idleFrames,
  importLines,
  paintedChanges,
  readPages,
  scrollThrough,
  watchFrames,
  watchSearch,
} from './page.ts';

declare const window: BenchWindow;

export interface ViewerOptions {
  events: number;
  /** How long the table is scrolled from end to end, and again slowly. */
  scrollMs: number;
  changes: number;
  /** Tens of pages that are read. */
  tens: number;
  /** What is typed, letter by letter. */
  words: string[];
  /** NDJSON of the events. */
  lines: string;
}

export interface ViewerFigures {
  /** Of 100 frames. */
  dropped: number;
  /** The same when it is scrolled so slowly that every row is drawn. */
  slowlyDropped: number;
  /** The same while nothing happens. */
  idleDropped: number;
  typedMs: number[];
  changeFrames: number[];
  pageMs: number[];
}

const WAIT = { timeout: 60_000 };
const IMPORT_MS = 600_000;
const ROOM_MS = 120_000;
/** Files that do not change for this long are at rest. */
const QUIET_MS = 2000;
const SLOWDOWN = 4;
const IDLE_FRAMES = 60;
/** Pixels a second: of a table of a million rows, four rows a frame. */
const SLOW_PX = 3600;
/** A frame is dropped when the next one begins later than this many frame times. */
const LATE = 1.5;

/** All figures, on one import into an empty browser. */
export async function measureViewer(
  options: ViewerOptions,
  say: (what: string) => void,
): Promise<ViewerFigures> {
  const profile = temporaryFolder();
  const server = await serveViewer('', { '/lines.ndjson': readFileSync(options.lines) });
  const browser = await launchChromium(profile.path);
  try {
    say('import');
    const importing = await openViewer(browser, server.url);
    const count = await within(IMPORT_MS, 'the import', importing.evaluate(importLines));
    if (count !== options.events) throw new Error(`${count} of ${options.events} events came in`);
    await importing.close();
    const page = await openViewer(browser, server.url);
    await page.locator('cuesheet-viewer tbody tr[data-id]').first().waitFor(WAIT);
    await page.waitForFunction(
      (all) => window.events.status.events >= all && !window.events.status.saving,
      options.events,
      WAIT,
    );
    await untilQuiet(page);
    say('pages');
    const pageMs = await within(ROOM_MS, 'reading', page.evaluate(readPages, options.tens));
    say('changes');
    await page.evaluate(watchFrames);
    const changing = page.evaluate(paintedChanges, options.changes);
    const changeFrames = await within(ROOM_MS, 'changing', changing);
    say('search');
    const typedMs = await type(page, options.words);
    say('scroll');
    const frames = await scroll(page, options.scrollMs);
    return { ...frames, typedMs, changeFrames, pageMs };
  } finally {
    killBrowser(profile.path);
    server.close();
    profile.remove();
  }
}

/** Waits until the work in the background is done: no file comes or goes. */
async function untilQuiet(page: Page): Promise<void> {
  const end = Date.now() + ROOM_MS;
  for (let last = ''; Date.now() < end;) {
    const now = await page.evaluate(fileNames);
    if (now === last) return;
    last = now;
    await page.waitForTimeout(QUIET_MS);
  }
  throw new Error('the files did not come to rest');
}

/** Types the words, each letter when the rows of the one before are painted. */
async function type(page: Page, words: string[]): Promise<number[]> {
  await page.evaluate(watchSearch);
  const search = page.locator('cuesheet-viewer input[type=search]');
  let letters = 0;
  for (const word of words) {
    await search.focus();
    for (const letter of word) {
      await page.keyboard.type(letter);
      letters++;
      await page.waitForFunction((wanted) => window.typed.length >= wanted, letters, WAIT);
    }
    await page.keyboard.press('Escape');
    await page.locator('cuesheet-viewer tbody tr[data-id]').first().waitFor(WAIT);
  }
  return page.evaluate(() => window.typed);
}

/** Frames dropped of 100 on a slow machine: while nothing happens, and while the table is scrolled. */
async function scroll(page: Page, milliseconds: number) {
  await page.evaluate(() => window.unwatchFrames());
  const frameTime = median(intervals(await page.evaluate(idleFrames, IDLE_FRAMES)));
  const devtools = await page.context().newCDPSession(page);
  const scrolled = async (speed: number | null) => {
    const work = page.evaluate(scrollThrough, [milliseconds, speed] as [number, number | null]);
    return droppedOf(await within(ROOM_MS, 'scrolling', work), frameTime);
  };
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  const idleDropped = droppedOf(await page.evaluate(idleFrames, 2 * IDLE_FRAMES), frameTime);
  const slowlyDropped = await scrolled(SLOW_PX);
  const dropped = await scrolled(null);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await page.waitForFunction(reachedEnd, null, WAIT);
  return { idleDropped, slowlyDropped, dropped };
}

/** Of 100 frames: an interval of n frame times has dropped n - 1. */
function droppedOf(times: number[], frameTime: number): number {
  const dropped = intervals(times)
    .filter((interval) => interval > LATE * frameTime)
    .reduce((sum, interval) => sum + Math.round(interval / frameTime) - 1, 0);
  return (100 * dropped) / (dropped + times.length - 1);
}

/** The oldest event is in the table: it has been scrolled to its end. */
function reachedEnd(): boolean {
  const root = window.viewer.shadowRoot;
  const count = root?.querySelector('table')?.getAttribute('aria-rowcount');
  return root?.querySelector(`tr[data-id][aria-rowindex="${count}"]`) != null;
}

const intervals = (times: number[]): number[] =>
  times.slice(1).map((time, i) => time - (times[i] ?? time));

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The value of a promise, which fails when it takes longer. */
async function within<T>(milliseconds: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} took longer than ${milliseconds} ms`)),
      milliseconds,
    );
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
