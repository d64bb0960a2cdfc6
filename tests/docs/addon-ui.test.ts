import { readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { createCredentials, createHub, parseUsers } from '../../worker/edge/hub.ts';
import { serveNode } from '../../worker/edge/runtimes/node.ts';
import { killBrowser, launchChromium } from '../browser/launch.ts';
import { call, KEYS, temporaryFolder, USERS } from '../edge/hub-process.ts';
import { indexHtml, packedProject } from '../package/packed.ts';
import { AyonModel } from '../stock/ayon-model.ts';
import { block } from './blocks.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};
const WAIT = { timeout: 30_000 };
const profile = temporaryFolder();
const folder = temporaryFolder();
let browser: BrowserContext;
let built: string; // the folder of the addon

beforeAll(async () => {
  const project = packedProject(folder.path);
  writeFileSync(join(project, 'session.js'), block('docs/addon-ui.md#session'));
  writeFileSync(join(project, 'viewer.js'), block('docs/addon-ui.md#viewer'));
  const app = `${block('docs/addon-ui.md#app')}
    import { showAll } from './viewer.js';
    window.showAll = () => showAll(events, document.body);`;
  writeFileSync(join(project, 'app.jsx'), app);
  const html = indexHtml('/app.jsx').replace('<body>', '<body><div id="root"></div>');
  writeFileSync(join(project, 'index.html'), html);
  await build({ root: project, base: './', logLevel: 'error' });
  built = join(project, 'dist');
  browser = await launchChromium(profile.path);
});
afterAll(() => {
  killBrowser(profile.path);
  folder.remove();
  profile.remove();
});

/** The files of the addon, as a server has them below its own address. */
function files(path: string): { type: string; bytes: string | Uint8Array } | null {
  const name = /^\/addons\/review\/([\w./-]*)$/.exec(path)?.[1];
  if (name === undefined) return null;
  const file = name || 'index.html';
  try {
    return { type: TYPES[extname(file)] ?? 'text/plain', bytes: readFileSync(join(built, file)) };
  } catch {
    return null;
  }
}

async function open(server: string, token: string) {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${server}/addons/review/#token=${token}`);
  return { page, errors, rows: () => page.locator('li').allTextContents() };
}

test('the addon at a stock AYON server: its events, live, and still there without the server', async () => {
  const model = new AyonModel(files);
  await model.start();
  model.dispatch({ topic: 'review.made', description: 'sh010 v012' });
  model.dispatch({ topic: 'other.made', description: 'not of the addon' });
  const { page, errors, rows } = await open(model.url, model.token);
  await expect.poll(rows, WAIT).toEqual(['sh010 v012: finished']);
  await page.getByText('Up to date').waitFor();
  expect(page.url()).toBe(`${model.url}/addons/review/`);
  model.dispatch({ topic: 'review.made', description: 'sh020 v003' });
  await expect.poll(rows, WAIT).toEqual(['sh020 v003: finished', 'sh010 v012: finished']);
  await model.stop();
  await page.getByText('As last seen').waitFor();
  expect(await rows()).toHaveLength(2);
  expect(errors).toEqual([]);
  await page.close();
});

test('the addon at a hub: it restarts what failed, and shows the viewer', async () => {
  const users = await parseUsers(JSON.stringify(USERS));
  const hub = await createHub({
    wasm: new WebAssembly.Module(readFileSync('build/wasm-release/wasm/cuesheet-hub.wasm')),
    files: memoryFiles(),
    credentials: createCredentials(users, { load: () => null, save: () => {} }),
    page: async (path) => {
      const file = files(path);
      return (
        file && new Response(file.bytes as BodyInit, { headers: { 'content-type': file.type } })
      );
    },
  });
  const server = await serveNode(hub, 0, '127.0.0.1');
  const dispatch = async (body: object) =>
    (await call(server, 'POST', '/api/events', { key: KEYS.service, body })).body.id as string;
  const source = await dispatch({ topic: 'review.asked', description: 'sh010 v012' });
  const job = await dispatch({
    topic: 'review.job',
    description: 'Transcoding',
    dependsOn: source,
  });
  const failed = { key: KEYS.service, body: { status: 'failed' } };
  await call(server, 'PATCH', `/api/events/${job}`, failed);
  const login = { body: { name: 'adm', password: 'correct horse' } };
  const { body } = await call(server, 'POST', '/api/auth/login', login);

  const { page, errors, rows } = await open(server.url, body.token);
  await expect.poll(rows, WAIT).toEqual(['Transcoding: failedRestart', 'sh010 v012: finished']);
  await page.getByRole('button', { name: 'Restart' }).click();
  const status = async () =>
    (await call(server, 'GET', `/api/events/${job}`, { key: KEYS.service })).body.status;
  await expect.poll(status, WAIT).toBe('restarted');
  await expect.poll(rows, WAIT).toEqual(['Transcoding: restarted', 'sh010 v012: finished']);
  await page.evaluate(() => (window as unknown as { showAll(): void }).showAll());
  await page.locator('cuesheet-viewer h1', { hasText: 'Reviews' }).waitFor(WAIT);
  await page.locator('cuesheet-viewer tbody tr', { hasText: 'Transcoding' }).waitFor(WAIT);
  expect(errors).toEqual([]);
  await page.close();
  await server.close();
});
