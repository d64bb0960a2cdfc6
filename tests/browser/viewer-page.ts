import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import type { Events } from '../../web/client/index.ts';
import type { CuesheetViewer } from '../../web/viewer/index.ts';
import { type StaticServer, serveStatic } from './launch.ts';

/** What tests see of `window` on the page below. */
export interface ViewerWindow {
  events: Events;
  viewer: CuesheetViewer;
  ready: boolean;
}

/** What docs/web.md asks for, and no inline styles. */
const POLICY = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'`;

const SCRIPT = `
import { defineProgress, defineViewer } from './web/viewer/index.ts';
const { openEvents } = await import(String('/index.js'));
defineViewer();
defineProgress();
document.body.style.margin = '0';
document.body.style.height = '100vh';
window.events = await openEvents({ name: new URLSearchParams(location.search).get('name') ?? 'test', user: 'tester' });
window.viewer = document.querySelector('cuesheet-viewer');
window.viewer.events = window.events;
window.ready = true;
`;

/** Serves a page whose viewer shows events of this browser, without a server, and more files by path. */
export async function serveViewer(
  attributes = '',
  files: Record<string, Uint8Array> = {},
): Promise<StaticServer> {
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    sourcemap: 'inline',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>viewer</title>
    <meta http-equiv="Content-Security-Policy" content="${POLICY}">
    <cuesheet-viewer ${attributes}></cuesheet-viewer><script type="module" src="/viewer.js"></script>`;
  return serveStatic({ ...files, '/': page, '/viewer.js': outputFiles[0]?.text ?? '' });
}

export async function openViewer(browser: BrowserContext, url: string): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(url);
  await page.waitForFunction(() => (window as unknown as ViewerWindow).ready);
  return page;
}

const TOPICS = ['entity.folder.created', 'publish.shot', 'render.shot', 'log.error'];
const STATUSES = ['finished', 'failed', 'in_progress', 'pending', 'aborted'];
const BATCH = 20_000;

/** The id of a generated event. */
export const idOf = (number: number): string => `e${number.toString(16).padStart(31, '0')}`;

/** An event of `importEvents`: one a second from 2026-01-01 on. */
function eventOf(number: number): object {
  const time = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
  return {
    id: idOf(number),
    hash: idOf(number),
    topic: TOPICS[number % TOPICS.length],
    status: STATUSES[number % STATUSES.length],
    project: number % 7 === 0 ? null : ['aurora', 'big_river'][number % 2],
    user: ['ada', 'ben', 'cleo'][number % 3],
    description: `event number ${number}`,
    summary: { number },
    payload: { number, list: [1, 2, { deep: true }] },
    createdAt: time,
    updatedAt: time,
  };
}

/** A page of Playwright or of Puppeteer. */
interface Evaluating {
  evaluate(work: (text: string) => Promise<unknown>, text: string): Promise<unknown>;
}

/** Imports generated events `from` up to `to`. */
export async function importEvents(page: Evaluating, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += BATCH) {
    const end = Math.min(to, start + BATCH);
    let lines = '';
    for (let number = start; number < end; number++)
      lines += `${JSON.stringify(eventOf(number))}\n`;
    await page.evaluate(
      (text) => (window as unknown as ViewerWindow).events.import(new Blob([text])),
      lines,
    );
  }
}
