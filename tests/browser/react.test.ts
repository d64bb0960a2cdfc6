import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventsProvider, useConnection, useEvents } from '../../web/react/index.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';
import type { ReactWindow } from './react-page.tsx';

declare const window: ReactWindow;

const WAIT = { timeout: 10_000 };
const profile = temporaryFolder();
let server: StaticServer;
let browser: BrowserContext;
let page: Page;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: ['tests/browser/react-page.tsx'],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    write: false,
    sourcemap: 'inline',
    define: { 'process.env.NODE_ENV': '"development"' }, // StrictMode mounts twice
  });
  const code = outputFiles[0]?.text ?? '';
  server = await serveStatic({
    '/': `<!doctype html><meta charset="utf-8"><body><script type="module">${code.replaceAll('</script', '<\\/script')}</script>`,
  });
  browser = await launchChromium(profile.path);
  page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(server.url);
  await page.waitForFunction(() => window.ready);
});
afterAll(() => {
  server.close();
  killBrowser(profile.path);
  profile.remove();
});

const text = (selector: string) => page.locator(selector).textContent();

test('hooks show what is stored, live, and a change renders one row only', async () => {
  await expect.poll(() => text('#storage'), WAIT).toBe('durable');
  await expect.poll(() => text('#total'), WAIT).toBe('0');
  const [job = '', other = ''] = await page.evaluate(async () => {
    const { events } = window;
    const one = await events.dispatch({ topic: 'demo.a', finished: false, payload: { a: 1 } });
    const two = await events.dispatch({ topic: 'demo.b' });
    await events.dispatch({ topic: 'other.c' });
    return [one.id, two.id];
  });
  await expect.poll(() => page.locator('li').count(), WAIT).toBe(2);
  await expect.poll(() => text('#total'), WAIT).toBe('3');
  await expect.poll(() => text('#detail'), WAIT).toContain('{"a":1}');
  const before = await page.evaluate(() => ({ ...window.renders }));
  await page.evaluate(async (id) => {
    await window.events.update(id, { status: 'in_progress', progress: 40 });
  }, job);
  await expect.poll(() => text(`li[data-id="${job}"]`), WAIT).toContain('in_progress');
  await expect.poll(() => text('#detail'), WAIT).toContain('40');
  const after = await page.evaluate(() => window.renders);
  expect(after[job]).toBeGreaterThan(before[job] ?? 0);
  expect(after[other]).toBe(before[other]);
});

test('renderings with an equal query keep one subscription; another query and an end close it', async () => {
  const open = () => page.evaluate(() => window.open);
  expect(await open()).toBe(3); // page, event, progress: once each, also in StrictMode
  await page.locator('button', { hasText: 'other' }).click();
  await expect.poll(() => page.locator('li').count(), WAIT).toBe(1);
  expect(await open()).toBe(3);
  await page.locator('#hide').click();
  await expect.poll(open, WAIT).toBe(0);
});

function Probe() {
  return JSON.stringify([useEvents() ?? null, useConnection() ?? null]);
}

test('on a server the hooks know nothing and start nothing', () => {
  const html = renderToString(
    createElement(EventsProvider, { events: null }, createElement(Probe)),
  );
  expect(html).toBe('[null,null]');
});
