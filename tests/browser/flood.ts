/** Sends events at a given rate into a hub that a page follows: `npm run flood`, and a short run in `npm test`. */
import type { BrowserContext, Page } from 'playwright-core';
import { call, KEYS, startHub, temporaryFolder, USERS } from '../edge/hub-process.ts';
import type { Events } from '../../web/client/index.ts';
import { killBrowser, launchChromium, serveStatic } from './launch.ts';

declare const window: {
  ready: boolean;
  events: Events;
  flood: { pages: number; longestTaskMs: number; newest: string };
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>flood</title><ol id="rows"></ol>
<script type="module">
  import { openEvents } from '/index.js';
  const [server, token] = decodeURIComponent(location.hash.slice(1)).split(' ');
  window.events = await openEvents({ server, token, user: 'adm' });
  const flood = { pages: 0, longestTaskMs: 0, newest: '' };
  window.flood = flood;
  const rows = document.querySelector('#rows');
  window.events.live({ last: 100 }, (page) => {
    flood.pages++;
    flood.newest = page.events[0]?.description ?? '';
    rows.replaceChildren(...page.events.map(({ topic, description }) => {
      const row = document.createElement('li');
      row.textContent = topic + ' ' + description;
      return row;
    }));
  });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries())
      flood.longestTaskMs = Math.max(flood.longestTaskMs, duration);
  }).observe({ type: 'longtask' });
  window.ready = true;
</script>`;

const PER_SECOND = 10_000;
const BATCH = 200;
const CATCH_UP_MS = 120_000;

export interface FloodReport {
  sent: number;
  /** Events that the page has in the end. */
  arrived: number;
  /** The description of the first row of the list in the end. */
  newest: string;
  /** How often the list changed while events came in. */
  pages: number;
  /** The longest time for which the page's thread was busy, of those over 50 ms; 0 = none was. */
  longestTaskMs: number;
  perSecond: number;
  /** From the last answer of the hub until the page had everything. */
  behindMs: number;
}

/** Sends 10,000 events a second, in batches. */
export async function floodPage(seconds: number): Promise<FloodReport> {
  const folder = temporaryFolder();
  const profile = temporaryFolder();
  const server = await serveStatic({ '/': PAGE });
  const flags = ['--users', `${folder.path}/users-file.json`, '--no-sample'];
  flags.push('--origin', new URL(server.url).origin);
  const hub = await startHub(folder.path, { flags, users: JSON.stringify(USERS) });
  const browser: BrowserContext = await launchChromium(profile.path);
  try {
    const page = await openPage(
      browser,
      `${server.url}#${encodeURIComponent(`${hub.url} ${KEYS.admin}`)}`,
    );
    const start = performance.now();
    const sent = await send(hub, seconds);
    const end = performance.now();
    await page.waitForFunction((all) => window.events.status.events >= all, sent, {
      timeout: CATCH_UP_MS,
    });
    await page.waitForFunction((last) => window.flood.newest === last, `event ${sent - 1}`, {
      timeout: CATCH_UP_MS,
    });
    const behindMs = performance.now() - end;
    const seen = await page.evaluate(() => ({
      ...window.flood,
      arrived: window.events.status.events,
    }));
    return { ...seen, sent, perSecond: sent / ((end - start) / 1000), behindMs };
  } finally {
    killBrowser(profile.path);
    await hub.stop();
    server.close();
    folder.remove();
    profile.remove();
  }
}

async function openPage(browser: BrowserContext, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => window.ready && window.events.status.connection === 'live');
  return page;
}

async function send(hub: { url: string }, seconds: number): Promise<number> {
  const start = performance.now();
  let sent = 0;
  while (sent < seconds * PER_SECOND) {
    const first = sent;
    const body = Array.from({ length: BATCH }, (_, i) => ({
      topic: 'demo.flood',
      description: `event ${first + i}`,
    }));
    await call(hub, 'POST', '/api/events/batch', { key: KEYS.service, body });
    sent += BATCH;
    const ahead = (sent / PER_SECOND) * 1000 - (performance.now() - start);
    if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
  }
  return sent;
}
