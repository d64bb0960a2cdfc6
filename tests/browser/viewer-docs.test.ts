import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { ENGLISH } from '../../web/viewer/strings.ts';
import { block } from '../docs/blocks.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import { launchChromium, serveStatic } from './launch.ts';

const WAIT = { timeout: 20_000 };
const docs = readFileSync('docs/viewer.md', 'utf8');

test('the example of docs/viewer.md shows the viewer and the progress of its job', async () => {
  const { outputFiles } = await build({
    stdin: { contents: block('docs/viewer.md#example'), resolveDir: process.cwd() },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    external: ['cuesheet'],
    alias: { 'cuesheet/viewer': resolve('web/viewer/index.ts') },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><body>
    <script type="importmap">{"imports": {"cuesheet": "/index.js"}}</script>
    <script type="module" src="/example.js"></script>`;
  const server = await serveStatic({ '/': page, '/example.js': outputFiles[0]?.text ?? '' });
  const profile = temporaryFolder();
  const browser = await launchChromium(profile.path);
  const tab = await browser.newPage();
  await tab.goto(server.url);
  await tab.locator('cuesheet-viewer h1', { hasText: 'Farm' }).waitFor(WAIT);
  await tab.locator('cuesheet-viewer tbody tr', { hasText: 'render.' }).waitFor(WAIT);
  await tab.locator('cuesheet-progress [aria-valuenow="25"]').waitFor(WAIT);
  await browser.close();
  server.close();
  profile.remove();
});

test('docs/viewer.md names the colours that there are, and words that there are', () => {
  const theme = readFileSync('web/viewer/theme.ts', 'utf8');
  const there = [...theme.matchAll(/^ {4}(--cuesheet-\w+):/gm)].map(([, name]) => name);
  expect(there).not.toHaveLength(0);
  for (const name of there) expect(docs).toContain(`\`${name}\``);
  const words = [...docs.matchAll(/strings = \{([^}]*)/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/(\w+):/g)].map(([, key]) => key),
  );
  expect(words.length).toBeGreaterThan(1);
  for (const word of words) expect(Object.keys(ENGLISH)).toContain(word);
});
