import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Events, OpenOptions } from '../../web/client/index.ts';
import { call, KEYS, temporaryFolder } from '../edge/hub-process.ts';
import { startHubFor, WAIT } from './hub-page.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';

interface RefusalsWindow {
  cuesheet: typeof import('../../web/client/index.ts');
  events: Events;
  uncaught: string[];
}
declare const window: RefusalsWindow;

const PAGE = `<!doctype html><meta charset="utf-8"><title>refusals</title>
<script type="module">
  import * as cuesheet from './index.js';
  window.uncaught = [];
  addEventListener('error', ({ error }) => window.uncaught.push(error.code ?? error.message));
  window.cuesheet = cuesheet;
</script>`;

const profile = temporaryFolder();
let server: StaticServer;
let browser: BrowserContext;

beforeAll(async () => {
  server = await serveStatic({
    '/': PAGE,
    '/untyped.bin': readFileSync('dist/client/cuesheet.wasm'),
    '/broken.wasm': 'no module',
  });
  browser = await launchChromium(profile.path);
});
afterAll(() => {
  server.close();
  killBrowser(profile.path);
  profile.remove();
});

async function newPage(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.cuesheet !== undefined);
  return page;
}

/** The code and the sentence with which opening is refused; null = it is open. */
const refusalOf = (page: Page, options: OpenOptions) =>
  page.evaluate(async (wanted) => {
    try {
      window.events = await window.cuesheet.openEvents({ name: 'refusals', ...wanted });
      return null;
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return `${code}: ${message}`;
    }
  }, options);

describe('events that cannot be opened say why', () => {
  test.each([
    ['a worker that is not there', { workerUrl: '/missing.js' }, /^state: .*worker of cuesheet/],
    [
      'a worker of another origin',
      { workerUrl: 'http://127.0.0.1:1/worker.js' },
      /^state: the worker cannot start/,
    ],
    ['a wasm that is not there', { wasmUrl: '/missing.wasm' }, /^state: .*missing.wasm: HTTP 404/],
    ['a wasm that is none', { wasmUrl: '/broken.wasm' }, /^state: .*is cuesheet.wasm of this/],
    ['a server that is no URL', { server: 'http://:80' }, /^invalid: /],
    ['a server that is no http(s) URL', { server: 'ftp://x' }, /^invalid: /],
  ])('%s', async (_what, options, refusal) => {
    const page = await newPage();
    expect(await refusalOf(page, options)).toMatch(refusal);
    expect(await refusalOf(page, {})).toBeNull(); // and harms nobody else
    await page.close();
  });

  test('a wasm that is served without its type is taken', async () => {
    const page = await newPage();
    expect(await refusalOf(page, { name: 'untyped', wasmUrl: '/untyped.bin' })).toBeNull();
    await page.close();
  });
});

test('a live query that is refused tells its listener of errors, or is an uncaught error', async () => {
  const page = await newPage();
  expect(await refusalOf(page, {})).toBeNull();
  const told = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const query = { filter: { conditions: 7 } as never };
        window.events.live(
          query,
          () => {},
          (error) => resolve((error as { code?: string }).code ?? ''),
        );
        window.events.live(query, () => {});
      }),
  );
  expect(told).toBe('invalid');
  await page.waitForFunction(() => window.uncaught.length > 0);
  expect(await page.evaluate(() => window.uncaught)).toEqual(['invalid']);
  await page.close();
});

test('a database that somebody else holds open is not called forgotten', async () => {
  const page = await newPage();
  const other = await newPage();
  expect(await refusalOf(page, { name: 'held' })).toBeNull();
  await page.evaluate(() => window.events.dispatch({ topic: 'demo.held' }));
  await page.evaluate(() => window.events.flush());
  await other.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name = '' }) => name);
    for (const name of names.filter((each) => each.includes('held'))) indexedDB.open(name);
  });
  const code = await page.evaluate(() =>
    window.events.forget().then(
      () => null,
      (error) => `${error.code}: ${error.message}`,
    ),
  );
  expect(code).toMatch(/^storage: forget: .*another tab holds it/);
  await other.close(); // then it goes
  await expect
    .poll(
      () =>
        page.evaluate(
          async () =>
            (await indexedDB.databases()).filter(({ name }) => name?.includes('held')).length,
        ),
      WAIT,
    )
    .toBe(0);
  await page.close();
}, 90_000);

test('a token that is refused is asked for again; an answer that fails is an uncaught error', async () => {
  const folder = temporaryFolder();
  const hub = await startHubFor(server, folder.path);
  const page = await newPage();
  await page.evaluate(
    async ([url]) => {
      window.events = await window.cuesheet.openEvents({
        server: url as string,
        token: 'no key',
        user: 'adm',
        onAuth: () => Promise.reject(new Error('the sign-in window was closed')),
      });
    },
    [hub.url],
  );
  await page.waitForFunction(() => window.uncaught.length > 0, null, WAIT);
  expect(await page.evaluate(() => window.uncaught)).toEqual(['the sign-in window was closed']);
  expect(await page.evaluate(() => window.events.status.connection)).toBe('unauthorized');
  await page.evaluate((key) => window.events.setToken(key), KEYS.admin);
  await page.waitForFunction(() => window.events.status.connection === 'live', null, WAIT);
  await page.close();
  await hub.stop();
  folder.remove();
}, 90_000);

test('what is not here is asked of the server, and refused as that one refuses it', async () => {
  const folder = temporaryFolder();
  const hub = await startHubFor(server, folder.path);
  const made = async (project: string) =>
    (
      await call(hub, 'POST', '/api/events', {
        key: KEYS.service,
        body: { topic: 'ingest.file', project, user: 'adm' },
      })
    ).body.id as string;
  const [mine, foreign] = [await made('demo'), await made('other')];
  const page = await newPage();
  await page.evaluate(
    async ([url, token]) => {
      const scope = { topics: ['render.*'] };
      const { openEvents } = window.cuesheet;
      window.events = await openEvents({ server: url as string, token: token as string, scope });
    },
    [hub.url, KEYS.user],
  );
  await page.waitForFunction(() => window.events.status.connection === 'live', null, WAIT);
  const codes = (id: string) =>
    page.evaluate(async (wanted) => {
      const code = (work: Promise<unknown>) =>
        work.then(
          (value) => (value === null ? 'null' : 'done'),
          (error) => error.code as string,
        );
      const { events } = window;
      return {
        get: await code(events.get(wanted)),
        update: await code(events.update(wanted, { description: 'changed' })),
        remove: await code(events.remove(wanted)),
      };
    }, id);
  const forbidden = { update: 'forbidden', remove: 'forbidden' };
  expect(await codes(mine)).toEqual({ get: 'done', ...forbidden });
  expect(await codes(foreign)).toEqual({ get: 'forbidden', ...forbidden });
  const nobodys = { get: 'null', update: 'not_found', remove: 'forbidden' };
  expect(await codes('e'.repeat(32))).toEqual(nobodys);
  await hub.stop();
  await page.waitForFunction(() => window.events.status.connection === 'waiting', null, WAIT);
  expect(await codes(mine)).toEqual({ get: 'null', update: 'offline', remove: 'offline' });
  await page.close();
  folder.remove();
}, 90_000);
