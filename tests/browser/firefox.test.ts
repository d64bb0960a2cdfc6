import puppeteer, { type Page } from 'puppeteer-core';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { serveStatic } from './launch.ts';
import { LOCAL_PAGE, type LocalWindow } from './local-page.ts';

declare const window: LocalWindow;

test('the same in Firefox: a durable write survives SIGKILL of the browser', async () => {
  const server = await serveStatic({ '/': LOCAL_PAGE });
  const profile = temporaryFolder();
  const launch = () =>
    puppeteer.launch({
      browser: 'firefox',
      executablePath: '/usr/bin/firefox-esr',
      headless: true,
      userDataDir: profile.path,
    });
  const open = async (browser: Awaited<ReturnType<typeof launch>>): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => window.ready);
    return page;
  };
  let browser = await launch();
  let page = await open(browser);
  const id = await page.evaluate(
    async () => (await window.events.dispatch({ topic: 'demo.firefox', payload: { a: 1 } })).id,
  );
  browser.process()?.kill('SIGKILL');
  browser = await launch();
  page = await open(browser);
  const event = await page.evaluate((i) => window.events.get(i), id);
  expect(event).toMatchObject({ topic: 'demo.firefox', payload: { a: 1 } });
  expect(await page.evaluate(() => window.events.status.storage)).toBe('durable');
  await browser.close();
  server.close();
  profile.remove();
});
