import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import type { CrashWindow } from './crash-page.ts';
import {
  type CrashBrowser,
  createLoad,
  createRandom,
  type Load,
  runKills,
  sleep,
} from './crash.ts';
import { launchChromium } from './launch.ts';

declare const window: CrashWindow;

/** How often the writer is killed while tabs write. */
const LEADER_KILLS = 4;
/** Longest time until a frozen writer is replaced: two patiences and an open, in milliseconds. */
const REPLACED_MS = 60_000;

let load: Load | undefined;
afterEach(() => {
  load?.end();
  load = undefined;
});

const seed = Date.now() % 1_000_000;

describe.each([
  { browser: 'chromium', kills: 3 },
  { browser: 'firefox', kills: 2 },
] as const)('$browser is killed while two tabs write', ({ browser, kills }) => {
  test(`what was acknowledged is there, once (seed ${seed})`, async () => {
    const failures: string[][] = [];
    const onKill = (_kill: number, problems: string[]) => void failures.push(problems);
    const onBrowserLoss = (_kill: number, lines: string[]) => console.warn(lines.join('\n'));
    await runKills({ browser, kills, tabs: 2, seed, onKill, onBrowserLoss });
    expect(failures).toEqual(Array.from({ length: kills }, () => []));
  }, 180_000);
});

async function startChromium(): Promise<{ running: CrashBrowser; context: BrowserContext }> {
  load = await createLoad('chromium');
  const context = await launchChromium(load.profile);
  const running = { newTab: () => context.newPage(), close: () => context.close() };
  return { running, context };
}

/** The SharedWorker that serves the tabs. */
async function sharedWorker(devtools: CDPSession): Promise<string> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    const { targetInfos } = await devtools.send('Target.getTargets');
    const worker = targetInfos.find(({ type }) => type === 'shared_worker');
    if (worker) return worker.targetId;
    await sleep(20);
  }
  throw new Error('there is no SharedWorker');
}

describe('tabs that write at once, while the writer is killed again and again', () => {
  test.each([2, 5])(
    '%i tabs, a SharedWorker that is terminated',
    async (count) => {
      const { running, context } = await startChromium();
      const { write, hear, check, acknowledged, open } = load as Load;
      const random = createRandom(seed);
      const tabs = await Promise.all(Array.from({ length: count }, () => write(running)));
      const devtools = await context.newCDPSession(tabs[0] as unknown as Page);
      await hear(100);
      for (let kill = 0; kill < LEADER_KILLS; kill++) {
        const targetId = await sharedWorker(devtools);
        await devtools.send('Target.closeTarget', { targetId });
        await hear(50);
        await sleep(random() * 300);
        expect(await check(tabs.at(-1) as (typeof tabs)[0])).toEqual([]);
      }
      const lost = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.lost)));
      expect(lost.every((number) => number > 0)).toBe(true); // the kills were felt
      expect(acknowledged()).toBeGreaterThan(100);
      expect(await check(await open(running))).toEqual([]);
    },
    120_000,
  );

  test.each([2, 5])(
    '%i tabs with workers of their own, the oldest crashes or closes',
    async (count) => {
      const { running, context } = await startChromium();
      const { write, hear, check, open } = load as Load;
      const tabs = await Promise.all(
        Array.from({ length: count }, () => write(running, 'dedicated')),
      );
      await hear(100);
      for (let kill = 0; kill < LEADER_KILLS; kill++) {
        const oldest = tabs.shift() as unknown as Page;
        if (kill % 2 === 0) {
          const devtools = await context.newCDPSession(oldest);
          await Promise.race([devtools.send('Page.crash').catch(() => {}), sleep(2000)]);
        }
        await oldest.close();
        tabs.push(await write(running, 'dedicated'));
        await hear(50);
        expect(await check(tabs[0] as (typeof tabs)[0])).toEqual([]);
      }
      expect(await check(await open(running))).toEqual([]);
    },
    120_000,
  );
});

describe('a writer that is frozen', () => {
  const dispatch = (tab: Page, topic: string) =>
    tab.evaluate(
      (name) =>
        window.events.dispatch({ topic: name, summary: { marker: name } }).then(
          () => 'done',
          (error) => error.code,
        ),
      topic,
    );
  const topics = (tab: Page) =>
    tab.evaluate(async () => (await window.events.query()).events.map((event) => event.topic));

  test(
    'in a SharedWorker is replaced, and does no harm when it wakes up',
    async () => {
      const { running, context } = await startChromium();
      const { open } = load as Load;
      const tabs = (await Promise.all([open(running), open(running)])) as unknown as Page[];
      const [first, second] = tabs as [Page, Page];
      expect(await dispatch(first, 'crash.before')).toBe('done');
      const devtools = await context.newCDPSession(first);
      const thaw = await pause(devtools, await attachShared(devtools));
      expect(await dispatch(first, 'crash.asleep')).toBe('owner_lost');
      expect(await dispatch(first, 'crash.after')).toBe('done');
      expect(await dispatch(second, 'crash.asleep')).toBe('owner_lost');
      expect(await dispatch(second, 'crash.second')).toBe('done');
      const before = await topics(second);
      expect(before).toEqual(['crash.second', 'crash.after', 'crash.before']);
      await thaw();
      await sleep(1000);
      const third = (await open(running)) as unknown as Page;
      expect(await dispatch(third, 'crash.third')).toBe('done');
      const all = await topics(third);
      for (const tab of [first, second]) expect(await topics(tab)).toEqual(all);
      const known = all.filter((topic) => topic !== 'crash.asleep');
      expect(known).toEqual(['crash.third', ...before]);
    },
    2 * REPLACED_MS,
  );

  test(
    'is noticed by a page that only watches',
    async () => {
      const { running, context } = await startChromium();
      const { open } = load as Load;
      const tab = (await open(running)) as unknown as Page;
      await tab.evaluate(() => {
        const watched = window as unknown as { seen: string[] };
        watched.seen = [];
        window.events.live({}, ({ events }) => {
          watched.seen = events.map(({ topic }) => topic);
        });
      });
      const devtools = await context.newCDPSession(tab);
      await pause(devtools, await attachShared(devtools));
      const other = (await open(running, 'dedicated')) as unknown as Page;
      expect(await dispatch(other, 'crash.watched')).toBe('done');
      const seen = () => (window as unknown as { seen: string[] }).seen.includes('crash.watched');
      await tab.waitForFunction(seen, null, { timeout: REPLACED_MS });
    },
    2 * REPLACED_MS,
  );

  test(
    'in a worker of its own tab is ended by the tab, and another one goes on',
    async () => {
      const { running, context } = await startChromium();
      const { write, open, hear, check, acknowledged } = load as Load;
      const writer = (await write(running, 'dedicated')) as unknown as Page;
      const other = await open(running, 'dedicated');
      await hear(50);
      const devtools = await context.newCDPSession(writer);
      await pause(devtools, await attachOwn(devtools));
      await sleep(200);
      const before = acknowledged();
      await sleep(500);
      expect(acknowledged()).toBe(before); // it does sleep
      const result = await dispatch(other as unknown as Page, 'crash.other');
      expect(['done', 'owner_lost']).toContain(result); // it may have been sent to the sleeper
      expect(await dispatch(other as unknown as Page, 'crash.again')).toBe('done');
      expect(await check(other)).toEqual([]);
      await hear(50);
      expect(await check(other)).toEqual([]);
      expect(await check(await open(running, 'dedicated'))).toEqual([]);
    },
    2 * REPLACED_MS,
  );
});

/** Attaches to the worker of a page's own. */
async function attachOwn(devtools: CDPSession): Promise<string> {
  const attached = new Promise<string>((resolve) => {
    devtools.once('Target.attachedToTarget', ({ sessionId }) => resolve(sessionId));
  });
  const options = { autoAttach: true, waitForDebuggerOnStart: false, flatten: false };
  await devtools.send('Target.setAutoAttach', options);
  return attached;
}

async function attachShared(devtools: CDPSession): Promise<string> {
  const targetId = await sharedWorker(devtools);
  return (await devtools.send('Target.attachToTarget', { targetId, flatten: false })).sessionId;
}

/** Stops a worker at the next line that it runs; returns the function that resumes it. */
async function pause(devtools: CDPSession, sessionId: string): Promise<() => Promise<void>> {
  let number = 0;
  const send = (method: string) =>
    devtools.send('Target.sendMessageToTarget', {
      sessionId,
      message: JSON.stringify({ id: ++number, method }),
    });
  await send('Debugger.enable');
  await send('Debugger.pause');
  return async () => {
    await send('Debugger.resume');
    await send('Debugger.disable');
  };
}
