import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { compile } from 'svelte/compiler';
import { beforeAll, describe, expect, test } from 'vitest';
import { block } from '../docs/blocks.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import type { BindingWindow } from './bindings/page.ts';
import { killBrowser, launchChromium, serveStatic } from './launch.ts';

declare const window: BindingWindow;

const WAIT = { timeout: 10_000 };
const BLOCKS = resolve('build/bindings');
/** The blocks of docs/web.md. */
const CODE = {
  vue: block('docs/web.md#vue'),
  svelte: block('docs/web.md#svelte'),
  solid: block('docs/web.md#solid'),
};
const FRAMEWORKS = Object.keys(CODE);

const svelte: Plugin = {
  name: 'svelte',
  setup({ onLoad }) {
    onLoad({ filter: /\.svelte$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const { js } = compile(source, { filename: path, generate: 'client' });
      return { contents: js.code, loader: 'js' };
    });
  },
};

async function bundle(framework: string): Promise<string> {
  const component = framework === 'svelte' ? `import list from './list.svelte';` : '';
  const contents = `
    import { watchStore } from '${BLOCKS}/${framework}.ts';
    import { run } from './page.ts';
    import { mountWith } from './${framework}.ts';
    ${component}
    await run(mountWith(watchStore${component && ', list'}));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: resolve('tests/browser/bindings'), loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    sourcemap: 'inline',
    plugins: [svelte],
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
  });
  return outputFiles[0]?.text ?? '';
}

beforeAll(() => {
  rmSync(BLOCKS, { recursive: true, force: true });
  mkdirSync(BLOCKS, { recursive: true });
  for (const [framework, code] of Object.entries(CODE))
    writeFileSync(`${BLOCKS}/${framework}.ts`, code);
});

test('the blocks of docs/web.md have the types they say, in ten lines or so', () => {
  const files = FRAMEWORKS.map((framework) => `${BLOCKS}/${framework}.ts`);
  for (const code of Object.values(CODE)) {
    const lines = code.trim().split('\n');
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(14);
  }
  const paths = { cuesheet: [resolve('web/client/index.ts')] };
  const config = {
    extends: resolve('tsconfig.json'),
    compilerOptions: { paths },
    include: [],
    files,
  };
  writeFileSync(`${BLOCKS}/tsconfig.json`, JSON.stringify(config));
  execFileSync('node_modules/.bin/tsc', ['--noEmit', '-p', BLOCKS], { stdio: 'inherit' });
});

describe.each(FRAMEWORKS)('the function for %s', (framework) => {
  test('shows what is stored and what changes, and ends with its component', async () => {
    const server = await serveStatic({
      '/': `<!doctype html><meta charset="utf-8"><body>
        <script type="module" src="/page.js"></script>`,
      '/page.js': await bundle(framework),
    });
    const profile = temporaryFolder();
    const browser = await launchChromium(profile.path);
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(server.url);
      await page.waitForFunction(() => window.ready, null, WAIT);
      const dispatch = (topic: string) =>
        page.evaluate(
          async (topic) => (await window.events.dispatch({ topic, finished: false })).id,
          topic,
        );
      const lines = () => page.locator('li').allTextContents();
      const first = await dispatch('demo.a');
      await dispatch('other.a');
      await expect.poll(lines, WAIT).toEqual(['demo.a pending']);
      await page.evaluate((id) => window.events.update(id, { status: 'in_progress' }), first);
      await expect.poll(lines, WAIT).toEqual(['demo.a in_progress']);
      await dispatch('demo.b');
      await expect.poll(lines, WAIT).toHaveLength(2);
      expect(await page.evaluate(() => window.open)).toBe(1);

      await page.evaluate(() => window.unmount());
      await expect.poll(() => page.evaluate(() => window.open), WAIT).toBe(0);
      const reads = await page.evaluate(() => window.reads);
      await dispatch('demo.c');
      // when a separate live query has the change, every remaining listener has had it too
      await page.evaluate(
        () =>
          new Promise<void>((resolve) => {
            const end = window.events.live({ topics: ['demo.c'] }, ({ events }) => {
              if (events.length > 0) queueMicrotask(() => resolve(end()));
            });
          }),
      );
      expect(await page.evaluate(() => window.reads)).toBe(reads);
      expect(errors).toEqual([]);
    } finally {
      server.close();
      killBrowser(profile.path);
      profile.remove();
    }
  });
});
