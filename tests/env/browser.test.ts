import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import puppeteer from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium, type StaticServer, serveStatic } from '../browser/launch.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import { buildContract, CONTRACT_MODULE } from './build.ts';
import type { lab as Lab } from './lab.ts';

declare const lab: typeof Lab;

const PAGE = `<!doctype html><meta charset="utf-8"><title>lab</title>
<script type="module" src="/lab.js"></script>`;

/** What the pages of playwright and of puppeteer have in common. */
interface LabPage {
  goto(url: string): Promise<unknown>;
  evaluate<A extends unknown[], R>(work: (args: A) => Promise<R>, args: A): Promise<R>;
}

interface Started {
  page: LabPage;
  close(): Promise<void>;
}

const BROWSERS: [string, (profile: string) => Promise<Started>][] = [
  [
    'Chromium',
    async (profile) => {
      const browser = await launchChromium(profile);
      return { page: (await browser.newPage()) as LabPage, close: () => browser.close() };
    },
  ],
  [
    'Firefox',
    async (profile) => {
      const browser = await puppeteer.launch({
        browser: 'firefox',
        executablePath: '/usr/bin/firefox-esr',
        headless: true,
        userDataDir: profile,
        protocolTimeout: 120_000,
      });
      return {
        page: (await browser.newPage()) as unknown as LabPage,
        close: () => browser.close(),
      };
    },
  ],
];

let server: StaticServer;

beforeAll(async () => {
  buildContract();
  const { outputFiles } = await build({
    entryPoints: ['tests/env/lab.ts'],
    bundle: true,
    format: 'esm',
    write: false,
  });
  server = await serveStatic({
    '/': PAGE,
    '/lab.js': outputFiles[0]?.text ?? '',
    '/env_contract.js': readFileSync(`${CONTRACT_MODULE}.js`, 'utf8'),
    '/env_contract.wasm': readFileSync(`${CONTRACT_MODULE}.wasm`),
  });
}, 600_000);
afterAll(() => server.close());

describe.each(BROWSERS)('files in IndexedDB, in %s', (_name, start) => {
  const profile = temporaryFolder();
  let started: Started;
  let page: LabPage;

  beforeAll(async () => {
    started = await start(profile.path);
    ({ page } = started);
    await page.goto(server.url);
  });
  afterAll(async () => {
    await started.close();
    profile.remove();
  });

  test.each([
    ['always', false],
    ['on demand', true],
  ])("files that are in memory %s keep the contract of the core's Env", async (_when, cold) => {
    const { stages, wrong } = await page.evaluate(([isCold]) => lab.contract(isCold), [cold] as [
      boolean,
    ]);
    expect(wrong).toEqual([]);
    expect(stages).toBeGreaterThan(10);
  });

  test.each(['relaxed', 'strict'] as const)('a %s commit is there after a reload', async (how) => {
    const names: [string, typeof how] = [`reload-${how}`, how];
    const left = await page.evaluate(([name, durability]) => lab.save(name, durability), names);
    expect(left).toEqual({ size: 11, loaded: false });
    await page.goto(server.url);
    const { found, bytes } = await page.evaluate(([name]) => lab.read(name), names);
    expect(found).toEqual(SAVED);
    expect(bytes).toBe(Object.values(SAVED).join('').length);
  });

  test('a plain IDBFS mount reads everything, and its sync changes and deletes nothing', async () => {
    const done = await page.evaluate(([name]) => lab.plainMounts(name), ['plain'] as [string]);
    expect(done.found).toEqual(SAVED);
    expect(done.after).toEqual(done.before);
    expect(done.size).toBe('by IDBFS'.length);
    expect(done.all).toEqual({ ...SAVED, 'block-9': 'by IDBFS' });
  });

  test('after a commit a sync of IDBFS in the same module finds nothing to do', async () => {
    const done = await page.evaluate(([name]) => lab.ownSync(name), ['own-sync'] as [string]);
    expect(Object.keys(done.before).sort()).toEqual(['/cuesheet/own-sync/journal-1', 'epoch']);
    expect(done.before['/cuesheet/own-sync/journal-1']).toMatch(/^\d+ one more$/);
    expect(done.after).toEqual(done.before);
  });

  test.each([[['journal-1']], [['block-1', 'block-2']], [['journal-1', 'journal-3', 'payload-1']]])(
    'a former owner writes nothing more: %s',
    async (names) => {
      const database = `fenced-${names.length}`;
      const done = await page.evaluate(([name, files]) => lab.fenced(name, files), [
        database,
        names,
      ] as [string, string[]]);
      const refused = 'fenced: another tab owns this database now';
      expect(done.outcomes).toEqual([refused, refused, 'fine']);
      expect(done.grew).toBe(true);
      expect(done.found).toEqual({
        'block-1': 'saved',
        'journal-1': 'saved',
        'journal-2': 'by the owner',
      });
    },
  );

  test('databases that another tab deletes are written again', async () => {
    const args: [string, boolean] = ['deleted', false];
    const done = await page.evaluate(([name, cold]) => lab.deleted(name, cold), args);
    expect(done.outcomes).toEqual(['fine', 'fine']);
    expect(done.found).toEqual({ 'journal-1': 'one two', 'manifest-1': 'unchanged' });
  });

  test('what was not in memory when the databases were deleted is reported, the rest saved', async () => {
    const args: [string, boolean] = ['deleted-cold', true];
    const done = await page.evaluate(([name, cold]) => lab.deleted(name, cold), args);
    expect(done.outcomes).toEqual([
      'lost: IndexedDB has lost 1 files that were not in memory (block-1)',
      'fine',
    ]);
    expect(done.found).toEqual({
      'block-2': 'in memory',
      'journal-1': 'one two',
      'manifest-1': 'unchanged',
    });
  });

  test('a closed store writes nothing more, and brings no deleted database back', async () => {
    const done = await page.evaluate(([name]) => lab.closed(name), ['closed'] as [string]);
    expect(done).toEqual({ outcome: 'closed: the database was closed', left: 'NotFoundError' });
  });

  test('another tab may upgrade the database: commits are refused, and say what to do', async () => {
    const done = await page.evaluate(([name]) => lab.upgraded(name), ['upgraded'] as [string]);
    expect(done).toBe('unavailable: a newer version has changed it: reload the page');
  });

  test('a tab with an older version in the way is named, and nothing waits for ever', async () => {
    const done = await page.evaluate(([name]) => lab.blocked(name), ['blocked'] as [string]);
    expect(done).toEqual([
      'unavailable: another tab holds an older version of the database: close it',
      'fine',
    ]);
  });

  test('a commit of a 16 KiB file takes a few milliseconds at most', async () => {
    for (const durability of ['relaxed', 'strict'] as const) {
      const args: [typeof durability, number] = [durability, 300];
      const { p50, p99 } = await page.evaluate(([how, rounds]) => lab.measure(how, rounds), args);
      console.info(`${_name} ${durability}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
      expect(p50).toBeLessThan(25); // the aim is 0.7; this machine may be busy
    }
  });

  test('without IndexedDB it says so', async () => {
    const done = await page.evaluate(() => lab.withoutIndexedDb(), []);
    expect(done).toBe('unavailable: there is no IndexedDB');
  });
});

const SAVED = {
  'block-1': 'block one',
  'journal-1': 'journal one and more',
  'payload-1': 'payload one',
  'payload-2': 'payload two',
};
