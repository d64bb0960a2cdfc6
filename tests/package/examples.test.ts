import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import type { BrowserContext, Page } from 'playwright-core';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killBrowser, launchChromium } from '../browser/launch.ts';
import { launchWebKit } from '../browser/webkit.ts';
import { block } from '../docs/blocks.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import { indexHtml, packedProject } from './packed.ts';
import { serveFolder } from './serve.ts';

const WAIT = { timeout: 20_000 };
/** What the React example shows once its button was clicked. */
const SHOWN = /Saved in this browser.*: pending$/;
const folder = temporaryFolder();
const profile = temporaryFolder();
let modules: string;
let browser: BrowserContext;

beforeAll(async () => {
  modules = join(packedProject(folder.path), 'node_modules');
  browser = await launchChromium(profile.path);
});
afterAll(() => {
  killBrowser(profile.path);
  folder.remove();
  profile.remove();
});

const launchFirefox = () =>
  puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
  });

/** A copy of an example with the packed package installed. */
function example(name: string): string {
  const root = join(folder.path, name);
  cpSync(join('examples', name), root, { recursive: true });
  symlinkSync(modules, join(root, 'node_modules'));
  return root;
}

/** The page of an example lists what its button dispatches. */
async function expectToList(root: string, text: RegExp, policy?: string | null): Promise<void> {
  const { url, server } = await serveFolder(root, policy);
  const page: Page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(url);
  await page.getByRole('button').click();
  await expect
    .poll(() => page.locator('li').allTextContents(), WAIT)
    .toEqual([expect.stringMatching(text)]);
  expect(errors).toEqual([]);
  await page.close();
  server.close();
}

async function buildWithVite(name: string): Promise<string> {
  const root = example(name);
  await vite({ root, logLevel: 'warn' });
  return join(root, 'dist');
}

/** Of any of the three drivers. */
interface AnyPage {
  goto(url: string): Promise<unknown>;
  evaluate(work: () => string): Promise<string>;
}

/** An app's log is in its page, where it can be read in every engine. */
const LOGGED = `const log = document.body.appendChild(document.createElement('pre'));
console.log = (...words) => (log.textContent += words.join(' ').trim() + '\\n');
`;

describe('the ten lines of the README in a fresh Vite app', { timeout: 60_000 }, () => {
  /** In the end the job is finished. */
  const LOGGED_TO_THE_END = /^render\.shot pending\n(.*\n)*render\.shot finished\n$/;
  const logged = () => document.querySelector('pre')?.textContent ?? '';
  let built: string;

  beforeAll(async () => {
    const root = join(folder.path, 'ten-lines');
    mkdirSync(root);
    symlinkSync(modules, join(root, 'node_modules'));
    writeFileSync(join(root, 'index.html'), indexHtml('/main.js'));
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    writeFileSync(join(root, 'log.js'), LOGGED);
    writeFileSync(join(root, 'main.js'), `import './log.js';\n${block('README.md#ten-lines')}`);
    await vite({ root, logLevel: 'warn' });
    built = join(root, 'dist');
  });

  async function expectToRun(page: AnyPage) {
    const { url, server } = await serveFolder(built);
    await page.goto(url);
    await expect.poll(() => page.evaluate(logged), WAIT).toMatch(LOGGED_TO_THE_END);
    server.close();
  }

  test('in Chromium', async () => {
    const page = await browser.newPage();
    await expectToRun(page);
    await page.close();
  });

  test('in Firefox', async () => {
    const firefox = await launchFirefox();
    await expectToRun(await firefox.newPage());
    await firefox.close();
  });

  test('in WebKit', async () => {
    const page = await launchWebKit();
    await expectToRun(page);
    await page.close();
  });
});

describe('the examples', () => {
  test('plain HTML, without a bundler', async () => {
    await expectToList(example('plain-html'), /^finished demo.click /, null);
  });

  test('Vite and React, in Chromium', async () => {
    await expectToList(await buildWithVite('vite-react'), /^Rendering sh010: pending$/);
  });

  test('the same in Firefox', { timeout: 60_000 }, async () => {
    const { url, server } = await serveFolder(join(folder.path, 'vite-react/dist'));
    const firefox = await launchFirefox();
    const page = await firefox.newPage();
    await page.goto(url);
    await (await page.waitForSelector('button'))?.click();
    await page.waitForSelector('li', WAIT);
    expect(await page.$eval('#root', (it) => it.textContent)).toMatch(SHOWN);
    await firefox.close();
    server.close();
  });

  test('the same in WebKit', { timeout: 60_000 }, async () => {
    const { url, server } = await serveFolder(join(folder.path, 'vite-react/dist'));
    const page = await launchWebKit();
    await page.goto(url);
    const click = () =>
      page.evaluate(() => {
        document.querySelector('button')?.click();
        return document.querySelector('button') !== null;
      });
    await expect.poll(click, WAIT).toBe(true);
    const text = () => page.evaluate(() => document.querySelector('#root')?.textContent ?? '');
    await expect.poll(text, WAIT).toMatch(SHOWN);
    await page.close();
    server.close();
  });
});
