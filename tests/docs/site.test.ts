import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killBrowser, launchChromium } from '../browser/launch.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import { serveFolder } from '../package/serve.ts';

const SITE = 'build/site'; // made by `npm run docs`
const profile = temporaryFolder();
let browser: BrowserContext;
let site: Awaited<ReturnType<typeof serveFolder>>;

beforeAll(async () => {
  expect(existsSync(`${SITE}/index.html`), 'the site is built by: npm run docs').toBe(true);
  site = await serveFolder(SITE, null);
  browser = await launchChromium(profile.path);
});
afterAll(() => {
  site?.server.close();
  killBrowser(profile.path);
  profile.remove();
});

/** Opens a page of the site, which must not log anything or make requests to other hosts. */
async function open(path: string) {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      problems.push(`${message.text()} ${message.location().url}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(site.url) && !request.url().startsWith('data:'))
      problems.push(`asks ${request.url()}`);
  });
  await page.goto(site.url + path, { waitUntil: 'networkidle' });
  return { page, problems };
}

test('the home page shows the viewer', async () => {
  const { page, problems } = await open('');
  await page.getByRole('heading', { level: 1, name: 'Cuesheet' }).waitFor();
  const picture = page.getByRole('img', { name: 'The event viewer' });
  await picture.scrollIntoViewIfNeeded();
  const width = () => picture.evaluate((it) => (it as HTMLImageElement).naturalWidth);
  await expect.poll(width).toBeGreaterThan(500);
  await page.getByRole('link', { name: 'Start', exact: true }).click();
  await page.getByRole('heading', { level: 2, name: 'Ten lines' }).waitFor();
  expect(problems).toEqual([]);
  await page.close();
});

test('a guide is found by the search', async () => {
  const { page, problems } = await open('jobs.html');
  await page.getByRole('heading', { level: 1, name: 'Jobs and progress' }).waitFor();
  await page.getByRole('button', { name: 'Search' }).click();
  await page.locator('.VPLocalSearchBox input').fill('durable object');
  await page.locator('.VPLocalSearchBox .result', { hasText: 'Running a hub' }).first().click();
  await page.getByRole('heading', { level: 1, name: 'Running a hub' }).waitFor();
  expect(problems).toEqual([]);
  await page.close();
});

test('the reference has the entry points of the package, and what they promise', async () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: object };
  const entries = Object.keys(exports).filter((name) => !/\.\w+$/.test(name));
  const pages = readdirSync(`${SITE}/api`, { recursive: true, encoding: 'utf8' });
  for (const entry of entries) expect(pages).toContain(`cuesheet${entry.slice(1)}.html`);
  const { page, problems } = await open('api/cuesheet.html');
  await page.getByRole('heading', { name: 'openEvents()' }).waitFor();
  await page.getByText('in a worker of its own').waitFor();
  expect(problems).toEqual([]);
  await page.close();
});
