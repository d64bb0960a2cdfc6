import type { BrowserContext, Page } from 'playwright-core';
import type { Events } from '../../web/client/index.ts';
import { type HubProcess, KEYS, startHub, USERS } from '../edge/hub-process.ts';
import { type StaticServer, serveStatic } from './launch.ts';

/** A page of another origin than the hub, whose `window.events` are opened on it. */
export const PAGE = `<!doctype html><meta charset="utf-8"><title>events of a hub</title>
<script type="module">
  import { openEvents } from '/index.js';
  const [server, token, user] = decodeURIComponent(location.hash.slice(1)).split(' ');
  window.events = await openEvents({ server, token, user });
  window.ready = true;
</script>`;

/** What such a page has. */
export interface HubWindow {
  events: Events;
  ready: boolean;
}

declare const window: HubWindow;

/** Longer than the longest back-off of a connection (30 s). */
export const WAIT = { timeout: 45_000 };

export const servePages = (): Promise<StaticServer> => serveStatic({ '/': PAGE });

/** A hub that lets the pages in; `cli` is the command of another build. */
export function startHubFor(
  pages: StaticServer,
  folder: string,
  port = 0,
  cli?: string,
): Promise<HubProcess> {
  const users = `${folder}/users-file.json`;
  const flags = ['--users', users, '--no-sample', '--origin', new URL(pages.url).origin];
  const options = { port, flags, users: JSON.stringify(USERS) };
  return startHub(folder, cli === undefined ? options : { ...options, cli });
}

export async function openPage(
  browser: BrowserContext,
  pages: StaticServer,
  hub: HubProcess,
  key = KEYS.admin,
  user = 'adm',
): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${pages.url}#${encodeURIComponent(`${hub.url} ${key} ${user}`)}`);
  await page.waitForFunction(() => window.ready);
  return page;
}
