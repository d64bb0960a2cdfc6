import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';
import { temporaryFolder } from '../edge/hub-process.ts';
import { CRASH_PAGE, type CrashWindow } from './crash-page.ts';
import { killBrowser, launchChromium, serveStatic } from './launch.ts';

declare const window: CrashWindow;

export type BrowserName = 'chromium' | 'firefox';

/** Longest wait for a page to open, and for the first writes of a load, in milliseconds. */
const OPEN_TIMEOUT_MS = 45_000;
/** The latest time to kill a browser after its first acknowledged writes, in milliseconds. */
const LOAD_MS = 1_500;
/** So many times in a run the browser itself may lose its database, or one time in ten kills. */
const MAX_BROWSER_LOSSES = 3;
/** What Chromium logs when its LevelDB is damaged and it deletes all databases of the origin. */
const BROWSER_LOSS = /IndexedDB recovering from a corrupted|Got corruption for/;

/** What both drivers can do with a tab. */
export interface Tab {
  goto(url: string): Promise<unknown>;
  evaluate<T>(work: () => T | Promise<T>): Promise<T>;
  waitForFunction(work: () => unknown, ...options: never[]): Promise<unknown>;
  close(): Promise<void>;
}

export interface CrashBrowser {
  newTab(): Promise<Tab>;
  close(): Promise<void>;
}

/** What pages said was done, and how it compares with what is stored. */
export interface Load {
  url: string;
  profile: string;
  launch(): Promise<CrashBrowser>;
  /** Opens a page that writes, under a name of its own. */
  write(browser: CrashBrowser, flags?: 'dedicated'): Promise<Tab>;
  /** Resolves after this many more acknowledgements. */
  hear(count: number): Promise<void>;
  acknowledged(): number;
  /** What is wrong with the store, as the page of a tab sees it; empty = nothing. */
  check(tab: Tab): Promise<string[]>;
  /**
   * Lines of the browser's own log that say that it found its database damaged and deleted it, since
   * this was asked last. When there are any, nothing that was acknowledged before is looked for.
   */
  browserLosses(): string[];
  open(browser: CrashBrowser, flags?: 'dedicated'): Promise<Tab>;
  end(): void;
}

/** A server, a profile and a list of what was acknowledged, for one browser. */
export async function createLoad(browser: BrowserName): Promise<Load> {
  const acknowledged = new Map<string, number>();
  const errors: string[] = [];
  let heard = 0;
  let tabs = 0;
  let logs: string[] = []; // one of each launch, not yet looked at
  let launches = 0;
  const server = await serveStatic({ '/': CRASH_PAGE }, (body) => {
    for (const line of body.split('\n')) {
      const [marker = '', updates] = line.split(' ');
      if (marker === '!') errors.push(line);
      else acknowledged.set(marker, Number(updates));
      heard++;
    }
  });
  const profile = temporaryFolder();

  async function goto(tab: Tab, address: string): Promise<Tab> {
    await tab.goto(`${server.url}/?${address}`);
    await tab.waitForFunction(() => window.ready);
    const failure = await tab.evaluate(() => window.failure);
    if (failure) throw new Error(`the page did not open: ${failure}`);
    return tab;
  }

  return {
    url: server.url,
    profile: profile.path,
    launch() {
      if (browser === 'firefox') return launchFirefox(profile.path);
      const log = join(profile.path, `chromium-${++launches}.log`);
      logs.push(log);
      return launch(profile.path, log);
    },
    async write(running, flags) {
      return goto(await running.newTab(), `tab=${tabs++}&${flags ?? ''}`);
    },
    async open(running, flags) {
      return goto(await running.newTab(), flags ?? '');
    },
    async hear(count) {
      const target = heard + count;
      for (let waited = 0; heard < target; waited += 5) {
        if (waited > OPEN_TIMEOUT_MS) throw new Error(`no writes for ${OPEN_TIMEOUT_MS} ms`);
        await sleep(5);
      }
    },
    acknowledged: () => acknowledged.size,
    async check(tab) {
      const promised = new Map(acknowledged); // later acknowledgements are not checked
      const stored = await tab.evaluate(() => window.stored());
      const problems = await tab.evaluate(() => window.problems());
      return [...errors.splice(0), ...differences(promised, stored), ...problems];
    },
    browserLosses() {
      const lines = logs
        .filter(existsSync)
        .flatMap((path) => readFileSync(path, 'utf8').split('\n'))
        .filter((line) => BROWSER_LOSS.test(line));
      logs = [];
      if (lines.length > 0) acknowledged.clear();
      return lines;
    },
    end() {
      killBrowser(profile.path);
      server.close();
      profile.remove();
    },
  };
}

function differences(acknowledged: ReadonlyMap<string, number>, stored: string[]): string[] {
  const found = new Map<string, number>();
  const problems: string[] = [];
  for (const line of stored) {
    const [marker = '', updates] = line.split(' ');
    if (found.has(marker)) problems.push(`${marker} is there twice`);
    found.set(marker, Number(updates));
  }
  for (const [marker, updates] of acknowledged) {
    const there = found.get(marker);
    if (there === undefined) problems.push(`${marker} was acknowledged and is missing`);
    else if (there < updates) problems.push(`${marker} lost an update: ${there} < ${updates}`);
  }
  return problems;
}

async function launch(profile: string, log: string): Promise<CrashBrowser> {
  const flags = ['--enable-logging', `--log-file=${log}`];
  const context = await launchChromium(profile, { flags });
  context.setDefaultTimeout(OPEN_TIMEOUT_MS);
  return { newTab: () => context.newPage(), close: () => context.close() };
}

async function launchFirefox(profile: string): Promise<CrashBrowser> {
  const browser = await startFirefox(profile);
  return {
    async newTab() {
      const page = await browser.newPage();
      page.setDefaultTimeout(OPEN_TIMEOUT_MS);
      return page;
    },
    close: () => browser.close(),
  };
}

/** The driver puts the preferences back when a browser has died, which may be just now. */
async function startFirefox(profile: string, attempts = 5): Promise<Browser> {
  try {
    return await puppeteer.launch({
      browser: 'firefox',
      executablePath: '/usr/bin/firefox-esr',
      headless: true,
      userDataDir: profile,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempts === 1) throw error;
    await sleep(200);
    return startFirefox(profile, attempts - 1);
  }
}

export interface CrashOptions {
  browser: BrowserName;
  kills: number;
  tabs: number;
  seed: number;
  /** Called after every kill with what is wrong; empty = nothing. */
  onKill(kill: number, problems: string[], acknowledged: number): void;
  /** Called instead when the browser reports that it lost its database; that kill is repeated. */
  onBrowserLoss(kill: number, lines: string[]): void;
}

/**
 * Writes, kills the browser at a random moment, checks what is there, and continues to write.
 * @throws Error when the browser loses its database again and again.
 */
export async function runKills({
  browser,
  kills,
  tabs,
  seed,
  onKill,
  onBrowserLoss,
}: CrashOptions): Promise<void> {
  const random = createRandom(seed);
  const load = await createLoad(browser);
  const most = Math.max(MAX_BROWSER_LOSSES, kills / 10);
  let losses = 0;
  try {
    for (let kill = 1; kill <= kills;) {
      const running = await load.launch();
      await Promise.all(Array.from({ length: tabs }, () => load.write(running)));
      await load.hear(tabs);
      await sleep(random() * LOAD_MS);
      killBrowser(load.profile);
      await running.close().catch(() => {}); // it is dead
      const again = await load.launch();
      const problems = await load.check(await load.open(again));
      const acknowledged = load.acknowledged();
      const lines = load.browserLosses();
      if (lines.length === 0) onKill(kill++, problems, acknowledged);
      else onBrowserLoss(kill, lines);
      await again.close();
      if (lines.length > 0 && ++losses > most) throw new Error(`${lines[0]}: ${losses} times`);
    }
  } finally {
    load.end();
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
