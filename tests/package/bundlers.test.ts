import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as esbuild } from 'esbuild';
import type { BrowserContext } from 'playwright-core';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack from 'webpack';
import { temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium } from '../browser/launch.ts';
import { indexHtml, packedProject } from './packed.ts';
import { serveFolder } from './serve.ts';

const WAIT = { timeout: 20_000 };

const folder = temporaryFolder();
const profile = temporaryFolder();
let project: string;
let browser: BrowserContext;

beforeAll(async () => {
  project = packedProject(folder.path);
  browser = await launchChromium(profile.path);
});
afterAll(() => {
  killBrowser(profile.path);
  folder.remove();
  profile.remove();
});

/** The app of this folder stores an event in IndexedDB and sees it, without an error. */
async function expectToWork(root: string): Promise<void> {
  const { url, server } = await serveFolder(root);
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('favicon'))
      errors.push(message.text());
  });
  await page.goto(url);
  const seen = () => page.evaluate(() => ({ ...document.body.dataset }));
  await expect.poll(seen, WAIT).toEqual({ topics: 'render.shot', storage: 'durable' });
  expect(errors.filter((text) => !text.includes('404'))).toEqual([]);
  await page.close();
  server.close();
}

/** For bundlers that do not follow `new URL(…, import.meta.url)`: the two files are copied. */
function copyFiles(to: string): void {
  for (const name of ['worker.js', 'cuesheet.wasm']) {
    cpSync(join(project, 'node_modules/cuesheet/dist/client', name), join(to, name));
  }
}

describe('a production build of the packed package, opened in Chromium', () => {
  test('without a bundler', async () => {
    const root = join(project, 'plain');
    cpSync(join(project, 'node_modules/cuesheet/dist/client'), join(root, 'cuesheet'), {
      recursive: true,
    });
    const app = readFileSync(join(project, 'main.js'), 'utf8');
    writeFileSync(join(root, 'main.js'), app.replace("'cuesheet'", "'./cuesheet/index.js'"));
    writeFileSync(join(root, 'index.html'), indexHtml('/main.js'));
    await expectToWork(root);
  });

  test('Vite', async () => {
    const outDir = join(project, 'vite');
    await vite({ root: project, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
    await expectToWork(outDir);
  });

  test('webpack', async () => {
    const path = join(project, 'webpack');
    const compiler = webpack({
      mode: 'production',
      context: project,
      entry: './main.js',
      output: { path, publicPath: '/', filename: 'main.js' },
      experiments: { topLevelAwait: true },
    });
    const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
      compiler.run((error, stats) => (error ? reject(error) : resolve(stats)));
    });
    expect(stats?.toJson({ errors: true }).errors).toEqual([]);
    writeFileSync(join(path, 'index.html'), indexHtml('/main.js'));
    await expectToWork(path);
  });

  test('esbuild, with the two files beside the bundle', async () => {
    const outdir = join(project, 'esbuild');
    await esbuild({
      absWorkingDir: project,
      entryPoints: ['main.js'],
      outdir,
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
    });
    copyFiles(outdir);
    writeFileSync(join(outdir, 'index.html'), indexHtml('/main.js'));
    await expectToWork(outdir);
  });

  test('Rollup, with the two files beside the bundle', async () => {
    const dir = join(project, 'rollup');
    const bundle = await rollup({
      input: join(project, 'main.js'),
      plugins: [
        {
          name: 'packages',
          resolveId: (id) =>
            id === 'cuesheet' ? join(project, 'node_modules/cuesheet/dist/client/index.js') : null,
        },
      ],
    });
    await bundle.write({ dir, format: 'es' });
    await bundle.close();
    copyFiles(dir);
    writeFileSync(join(dir, 'index.html'), indexHtml('/main.js'));
    await expectToWork(dir);
  });
});

test('importing it on a server does nothing', async () => {
  const before = Object.keys(globalThis);
  mkdirSync(join(project, 'server'), { recursive: true });
  const { openEvents } = await import(join(project, 'node_modules/cuesheet/dist/client/index.js'));
  expect(Object.keys(globalThis)).toEqual(before);
  await expect(openEvents()).rejects.toMatchObject({ code: 'state' });
  expect(readdirSync(join(project, 'server'))).toEqual([]);
});
