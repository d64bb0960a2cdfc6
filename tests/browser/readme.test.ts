import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { block } from '../docs/blocks.ts';
import { allEvents, KEYS, startHub, temporaryFolder } from '../edge/hub-process.ts';
import { launchChromium, serveStatic } from './launch.ts';

test('the JavaScript of the README runs in a browser and shows the job to its end', async () => {
  const code = block('README.md#ten-lines');
  const page = `<!doctype html>
    <script type="importmap">{"imports": {"cuesheet": "/index.js"}}</script>
    <script type="module">${code}; console.log('the end');</script>`;
  const server = await serveStatic({ '/': page });
  const profile = temporaryFolder();
  const browser = await launchChromium(profile.path);
  const tab = await browser.newPage();
  const lines: string[] = [];
  tab.on('console', (message) => lines.push(message.text()));
  tab.on('pageerror', (error) => lines.push(`error: ${error.message}`));
  await tab.goto(server.url);
  await expect.poll(() => lines, { timeout: 10_000 }).toContain('the end');
  await expect
    .poll(() => lines.map((line) => line.trim()), { timeout: 5000 })
    .toContain('render.shot finished');
  expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
  await browser.close();
  server.close();
  profile.remove();
});

test('the React of the README shows the jobs that are open, and how far they are', async () => {
  const contents = `
    import { createRoot } from 'react-dom/client';
    import { openEvents } from 'cuesheet';
    ${block('README.md#react')}
    const events = await openEvents({ name: 'readme-react', user: 'td' });
    const root = document.body.appendChild(document.createElement('div'));
    createRoot(root).render(<App events={events} />);
    const job = { topic: 'render.shot', description: 'Rendering sh010', finished: false };
    const { id } = await events.dispatch(job);
    await events.update(id, { status: 'in_progress', progress: 50 });`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'jsx' },
    bundle: true,
    jsx: 'automatic',
    format: 'esm',
    target: 'es2022',
    write: false,
    external: ['cuesheet'],
    alias: { 'cuesheet/react': resolve('web/react/index.ts') },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const page = `<!doctype html><meta charset="utf-8"><body>
    <script type="importmap">{"imports": {"cuesheet": "/index.js"}}</script>
    <script type="module" src="/app.js"></script>`;
  const server = await serveStatic({ '/': page, '/app.js': outputFiles[0]?.text ?? '' });
  const profile = temporaryFolder();
  const browser = await launchChromium(profile.path);
  const tab = await browser.newPage();
  const errors: string[] = [];
  tab.on('pageerror', (error) => errors.push(error.message));
  await tab.goto(server.url);
  await tab.getByText('Rendering sh010 50 %').waitFor({ timeout: 10_000 });
  expect(errors).toEqual([]);
  await browser.close();
  server.close();
  profile.remove();
});

test('the Python of the README runs against a hub', async () => {
  const folder = temporaryFolder();
  const hub = await startHub(folder.path);
  const code = block('README.md#client')
    .replace('http://127.0.0.1:5000', hub.url)
    .replace('the service key that npm start printed', KEYS.service);
  execFileSync('.toolchain/venv/bin/python', ['-c', code], { timeout: 30_000 });
  expect((await allEvents(hub)).map((event) => event.topic)).toEqual(['render.shot']);
  await hub.stop();
  folder.remove();
});
