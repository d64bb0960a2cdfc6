import puppeteer from 'puppeteer-core';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { serveStatic } from './launch.ts';
import { TRANSFER_PAGE, type TransferWindow } from './transfer-page.ts';

declare const window: TransferWindow;

test('the same in Firefox: 12,000 events go from one database into another and are the same', async () => {
  const server = await serveStatic({ '/': TRANSFER_PAGE });
  const profile = temporaryFolder();
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    userDataDir: profile.path,
  });
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => window.ready);
    const result = await page.evaluate(async () => {
      const [a, b] = [await window.open('a'), await window.open('b')];
      await a.import(new Blob([window.lines(0, 12_000)]));
      const report = await b.import(a.export()); // a stream feeds the other one
      const abort = new AbortController();
      const options = { signal: abort.signal, onProgress: () => abort.abort() };
      const code = await b.import(a.export(), options).catch((error) => error.code);
      return { report, code, same: (await window.text(a)) === (await window.text(b)) };
    });
    expect(result.report).toEqual({ events: 12_000, known: 0, refused: 0, refusals: [] });
    expect(result.code).toBe('aborted');
    expect(result.same).toBe(true);
  } finally {
    await browser.close();
    server.close();
    profile.remove();
  }
});
