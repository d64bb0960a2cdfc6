import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';
import { TRANSFER_PAGE, type TransferWindow } from './transfer-page.ts';

declare const window: TransferWindow;

let server: StaticServer;
let profile: ReturnType<typeof temporaryFolder>;
let browser: BrowserContext;

beforeAll(async () => {
  server = await serveStatic({ '/': TRANSFER_PAGE });
});
afterAll(() => server.close());
beforeEach(async () => {
  profile = temporaryFolder();
  browser = await launchChromium(profile.path);
});
afterEach(() => {
  killBrowser(profile.path);
  profile.remove();
});

async function newTab(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.ready);
  return page;
}

describe('export and import', () => {
  test('20,000 events go into another database, also after a reload, and are the same there', async () => {
    const page = await newTab();
    const first = await page.evaluate(async () => {
      const a = await window.open('a');
      const parts: number[] = [];
      const report = await a.import(new Blob([window.lines(0, 20_000)]));
      const progress: object[] = [];
      const out: BlobPart[] = [];
      const reader = a.export({ onProgress: (now) => progress.push(now) }).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        parts.push(part.value.length);
        out.push(part.value as Uint8Array<ArrayBuffer>);
      }
      const file = new Blob(out);
      const b = await window.open('b');
      const copied = await b.import(file, { onProgress: (now) => progress.push(now) });
      const text = await file.text();
      const same = (await window.text(b)) === text;
      const lines = text.split('\n').length - 1;
      const last = JSON.parse(text.split('\n')[19_999] as string);
      await b.close();
      return { report, copied, parts, size: file.size, same, lines, last, progress };
    });
    expect(first.report).toEqual({ events: 20_000, known: 0, refused: 0, refusals: [] });
    expect(first.copied).toEqual(first.report);
    expect(first.same).toBe(true);
    expect(first.lines).toBe(20_000);
    expect(first.last).toMatchObject({ description: 'event 19999 kůň "quoted"\n', retries: 3 });
    expect(first.parts.length).toBeGreaterThan(1);
    expect(Math.max(...first.parts)).toBeLessThanOrEqual(4 << 20);
    const total = { totalBytes: first.size, bytes: first.size, events: 20_000 };
    expect(first.progress.at(-1)).toEqual(total);
    expect(first.progress).toContainEqual({
      events: 20_000,
      bytes: first.size,
      totalEvents: 20_000,
    });

    await page.reload();
    await page.waitForFunction(() => window.ready);
    const again = await page.evaluate(async () => {
      const b = await window.open('b');
      const known = await b.import(new Blob([window.lines(0, 20_000)]));
      return { known, size: new Blob([await window.text(b)]).size };
    });
    expect(again).toEqual({
      known: { events: 0, known: 20_000, refused: 0, refusals: [] },
      size: first.size,
    });
  });

  test('an import that is aborted half-way says so, keeps what it read, and can be done again', async () => {
    const result = await (
      await newTab()
    ).evaluate(async () => {
      const events = await window.open('a');
      const abort = new AbortController();
      let given = 0;
      let returned = false;
      async function* source() {
        try {
          for (; given < 120_000; given += 1000) yield window.lines(given, given + 1000);
        } finally {
          returned = true;
        }
      }
      const options = { signal: abort.signal, onProgress: () => abort.abort() };
      const code = await events.import(source(), options).catch((error) => error.code);
      const stalled = new AbortController();
      const endless = events.import(new ReadableStream(), { signal: stalled.signal });
      setTimeout(() => stalled.abort(), 50);
      const second = await endless.catch((error) => error.code);
      const kept = events.status.events;
      const report = await events.import(new Blob([window.lines(0, 120_000)]));
      return { code, second, given, returned, kept, report };
    });
    expect(result.code).toBe('aborted');
    expect(result.second).toBe('aborted');
    expect(result.returned).toBe(true);
    expect(result.given).toBeLessThan(100_000); // the source was not read to its end
    expect(result.kept).toBeGreaterThan(5_000);
    expect(result.kept).toBeLessThan(100_000);
    expect(result.report).toMatchObject({ known: result.kept, events: 120_000 - result.kept });
  });

  test('an export that is aborted fails with its code', async () => {
    const result = await (
      await newTab()
    ).evaluate(async () => {
      const events = await window.open('a');
      await events.import(new Blob([window.lines(0, 30_000)]));
      const abort = new AbortController();
      const reader = events.export({ signal: abort.signal }).getReader();
      const first = await reader.read();
      abort.abort();
      const early = events.export({ signal: AbortSignal.abort() }).getReader();
      return {
        bytes: first.value?.length,
        code: await reader.read().catch((error) => error.code),
        early: await early.read().catch((error) => error.code),
      };
    });
    expect(result.bytes).toBeGreaterThan(4_000_000);
    expect(result.code).toBe('aborted');
    expect(result.early).toBe('aborted');
  });

  test('refused lines have their number in the whole stream; a line without end is not kept', async () => {
    const result = await (
      await newTab()
    ).evaluate(async () => {
      const events = await window.open('a');
      async function* source() {
        yield window.lines(0, 12_000); // more than one chunk
        yield 'no event\n\n';
        yield window.lines(12_000, 12_001);
        const megabyte = new Uint8Array(1 << 20).fill(120);
        for (let i = 0; i < 20; i++) yield megabyte;
        yield new TextEncoder().encode(`\n${window.lines(12_001, 24_000)}`);
        yield '{"id":"cut';
      }
      const report = await events.import(source());
      const odd = await events.import({} as Blob).catch((error) => error.code);
      return { report, odd };
    });
    expect(result.report).toMatchObject({ events: 24_000, known: 0, refused: 3 });
    expect(result.report.refusals.map(({ line }) => line)).toEqual([12_001, 12_004, 24_004]);
    expect(result.report.refusals[1]?.message).toMatch(/longer than 8 MiB/);
    expect(result.odd).toBe('invalid');
  });

  test('a second tab exports and imports as the first one does', async () => {
    const owner = await newTab();
    await owner.evaluate(async () => {
      const events = await window.open('a');
      await events.import(new Blob([window.lines(0, 12_000)]));
    });
    const guest = await newTab();
    const result = await guest.evaluate(async () => {
      const events = await window.open('a');
      const before = (await window.text(events)).split('\n').length - 1;
      const report = await events.import(new Blob([window.lines(6_000, 24_000)]));
      return { before, report, after: (await window.text(events)).split('\n').length - 1 };
    });
    expect(result.before).toBe(12_000);
    expect(result.report).toMatchObject({ events: 12_000, known: 6_000, refused: 0 });
    expect(result.after).toBe(24_000);
  });

  test('a check of all files passes what was imported, and says how far it is', async () => {
    const result = await (
      await newTab()
    ).evaluate(async () => {
      const events = await window.open('a');
      await events.import(new Blob([window.lines(0, 5_000)]));
      const progress: number[] = [];
      const report = await events.verify({ onProgress: ({ files }) => progress.push(files) });
      const aborted = { signal: AbortSignal.abort() };
      return { report, progress, code: await events.verify(aborted).catch((error) => error.code) };
    });
    expect(result.report.problems).toEqual([]);
    expect(result.progress).toHaveLength(result.report.files);
    expect(result.progress.at(-1)).toBe(result.report.files);
    expect(result.code).toBe('aborted');
  });
});
