import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killBrowser, launchChromium } from '../browser/launch.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import { packedProject } from './packed.ts';
import { freePort } from './serve.ts';

const WAIT = { timeout: 20_000 };
/** In the repository: Turbopack follows no link that leads out of the folder with the lock file. */
const FOLDER = resolve('build/next');
const NEXT = resolve('node_modules/next/dist/bin/next');
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' as const };
const profile = temporaryFolder();
let browser: BrowserContext;

beforeAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  const modules = join(packedProject(FOLDER), 'node_modules');
  for (const bundler of ['turbopack', 'webpack']) {
    cpSync('examples/next', join(FOLDER, bundler), { recursive: true });
    symlinkSync(modules, join(FOLDER, bundler, 'node_modules'));
  }
  browser = await launchChromium(profile.path);
});
afterAll(() => {
  killBrowser(profile.path);
  profile.remove();
});

/** Runs `next start`, and ends it whatever `use` does. */
async function served(cwd: string, use: (url: string) => Promise<void>): Promise<void> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const args = [NEXT, 'start', '--hostname', '127.0.0.1', '--port', String(port)];
  const server: ChildProcess = spawn(process.execPath, args, { cwd, env, stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  try {
    const answers = () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(answers, WAIT).toBe(true);
    await use(url);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

describe.each(['turbopack', 'webpack'])('the Next example, built by %s', (bundler) => {
  test('lists what its button dispatches, and saves it', { timeout: 300_000 }, async () => {
    const cwd = join(FOLDER, bundler);
    const args = [NEXT, 'build', `--${bundler}`];
    const built = spawnSync(process.execPath, args, {
      cwd,
      env,
      encoding: 'utf8',
      timeout: 240_000,
    });
    expect(built.status, built.stdout + built.stderr).toBe(0);
    await served(cwd, async (url) => {
      // What the server renders: the page, without events.
      const html = await (await fetch(url)).text();
      expect(html).toContain('Render</button>');
      expect(html).not.toContain('<li>');

      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
          errors.push(message.text());
      });
      const lines = () => page.locator('li').allTextContents();
      await page.goto(url);
      await page.getByRole('button').click();
      await expect.poll(lines, WAIT).toEqual(['Rendering sh010: pending']);
      expect(await page.locator('p').textContent()).toBe('Saved in this browser');
      await page.reload();
      await expect.poll(lines, WAIT).toEqual(['Rendering sh010: pending']);
      expect(errors).toEqual([]);
      await page.close();
    });
  });
});
