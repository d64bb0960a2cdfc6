import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import type { BrowserContext, Page } from 'playwright-core';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killBrowser, launchChromium } from '../browser/launch.ts';
import { launchWebKit } from '../browser/webkit.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import { packedProject } from './packed.ts';
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

describe('the examples', () => {
  test('plain HTML, without a bundler', async () => {
    await expectToList(example('plain-html'), /^finished demo.click /, null);
  });

  test('Vite and React, in Chromium', async () => {
    await expectToList(await buildWithVite('vite-react'), /^Rendering sh010: pending$/);
  });

  test('the same in Firefox', { timeout: 60_000 }, async () => {
    const { url, server } = await serveFolder(join(folder.path, 'vite-react/dist'));
    const firefox = await puppeteer.launch({
      browser: 'firefox',
      executablePath: '/usr/bin/firefox-esr',
      headless: true,
    });
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
