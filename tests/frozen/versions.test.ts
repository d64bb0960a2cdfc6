// Pages of two versions of the package at once, in Chromium: the published one, the one of today, and later
// ones that are made from today's sources (docs/versions.md).
import { execFileSync } from 'node:child_process';
import { rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EventsStatus, OpenOptions } from '../../web/client/index.ts';
import { PROTOCOL_VERSION } from '../../worker/browser/versions.ts';
import { startHubFor, WAIT } from '../browser/hub-page.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from '../browser/launch.ts';
import { allEvents, call, type HubProcess, KEYS, temporaryFolder } from '../edge/hub-process.ts';
import { type ClientFiles, laterClient, presentClient, publishedClient } from './packages.ts';
import { PAGE, type VersionWindow } from './version-page.ts';

declare const window: VersionWindow;

const TEST_MS = 120_000;
const NEXT_VERSION = PROTOCOL_VERSION + 1;

type Version = 'published' | 'present' | 'next' | 'renamed';

const counted: [RegExp, string] = [/PROTOCOL_VERSION = \d+/, `PROTOCOL_VERSION = ${NEXT_VERSION}`];

const pages: Record<string, string | Uint8Array> = {};
let server: StaticServer;
let clients: Record<Version, ClientFiles>;

beforeAll(async () => {
  clients = {
    published: publishedClient(),
    present: presentClient(),
    // Everything as today, but for its version.
    next: await laterClient({ 'worker/browser/versions.ts': [counted] }),
    // A dispatch has another name: the messages of the versions before are not all understood.
    renamed: await laterClient({
      'worker/browser/versions.ts': [
        counted,
        [/OLDEST_WHOLE_VERSION = \d+/, `OLDEST_WHOLE_VERSION = ${NEXT_VERSION}`],
        [/dispatch: 0/, `put: ${NEXT_VERSION}`],
      ],
      'worker/browser/protocol.ts': [[/dispatch: \(\{ event/, 'put: ({ event']],
      'worker/browser/write-requests.ts': [[/async dispatch\(/g, 'async put(']],
      'web/client/writes.ts': [[/request\('dispatch'/, "request('put'"]],
    }),
  };
  for (const [version, files] of Object.entries(clients)) serveClient(version, files);
  server = await serveStatic(pages);
});
afterAll(() => server.close());

/** Serves the files in a folder of this name, and a page that imports them. */
function serveClient(folder: string, files: Partial<ClientFiles>) {
  for (const [name, bytes] of Object.entries(files)) pages[`/${folder}/${name}`] = bytes;
  pages[`/${folder}/`] = PAGE;
}

let profile: ReturnType<typeof temporaryFolder>;
let browser: BrowserContext;
beforeEach(async () => {
  profile = temporaryFolder();
  browser = await launchChromium(profile.path);
});
afterEach(() => {
  killBrowser(profile.path);
  profile.remove();
});

interface Opening extends OpenOptions {
  /** The page has no SharedWorker: its worker is its own. */
  dedicated?: boolean;
}

async function open(folder: string, options: Opening = {}): Promise<Page> {
  const page = await browser.newPage();
  const hash = encodeURIComponent(JSON.stringify({ name: 'test', user: 'adm', ...options }));
  await page.goto(`${server.url}/${folder}/#${hash}`);
  await page.waitForFunction(() => window.ready, undefined, WAIT);
  expect(await page.evaluate(() => window.failure)).toBeUndefined();
  return page;
}

const dispatch = (page: Page, topic: string) =>
  page.evaluate(async (name) => (await window.events.dispatch({ topic: name })).id, topic);
const topics = (page: Page) =>
  page.evaluate(async () => (await window.events.query()).events.map(({ topic }) => topic));
const shown = (page: Page) => page.evaluate(() => window.shown);
const status = (page: Page): Promise<EventsStatus> => page.evaluate(() => window.events.status);
/** The versions of the owners that have announced themselves since the page was opened. */
const owners = (page: Page) => page.evaluate(() => window.owners);
const versionOf = {
  published: 0,
  present: PROTOCOL_VERSION,
  next: NEXT_VERSION,
  renamed: NEXT_VERSION,
};

/** Two versions that understand all of each other, the older one first. */
const PAIRS: [older: Version, newer: Version, dedicated: boolean][] = [
  ['published', 'present', false],
  ['published', 'present', true],
  ['present', 'next', false],
  ['present', 'next', true],
  ['published', 'next', false],
];

describe.each(PAIRS)('%s and %s (a worker for each page: %s)', (older, newer, dedicated) => {
  test(
    'the newer page takes over from the older one while it writes, and nothing is lost',
    async () => {
      const old = await open(older, { dedicated });
      await dispatch(old, 'demo.first');
      await old.evaluate(() => window.write());
      await old.waitForFunction(() => window.written.length > 20);
      const young = await open(newer, { dedicated });
      await expect.poll(() => owners(old), WAIT).toContain(versionOf[newer]);
      await dispatch(young, 'demo.young');
      const count = await old.evaluate(() => window.written.length);
      await old.waitForFunction((n) => window.written.length > n + 20, count);
      const { written, failures } = await old.evaluate(() => window.stopWriting());

      // An owner that hands over answers what it has begun; the published one cannot.
      if (older === 'published') expect(failures.length).toBeLessThanOrEqual(4);
      else expect(failures).toEqual([]);
      for (const failure of failures) expect(failure).toMatch(/^owner_lost: /);
      const here = await young.evaluate(async () => {
        const ids: string[] = [];
        for await (const { id } of window.events.iterate({})) ids.push(id);
        return ids;
      });
      expect(new Set(here).size).toBe(here.length);
      expect(written.filter((id) => !here.includes(id))).toEqual([]);
      // What failed may have been done or not.
      expect(here.length - written.length - 2).toBeLessThanOrEqual(failures.length);
      for (const page of [old, young]) {
        const newest = await topics(page);
        expect(newest.length).toBeGreaterThan(40);
        await expect.poll(() => shown(page), WAIT).toEqual(newest);
        expect((await status(page)).storage).toBe('durable');
        expect((await status(page)).reload ?? null).toBeNull();
      }
      const report = await young.evaluate(() => window.events.verify());
      expect(report.problems).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'the older page is a guest of the newer one, owns the store when that closes, and gives it back',
    async () => {
      const young = await open(newer, { dedicated });
      await dispatch(young, 'demo.one');
      const old = await open(older, { dedicated });
      expect(await topics(old)).toEqual(['demo.one']);
      await dispatch(old, 'demo.two');
      await dispatch(young, 'demo.three');
      for (const page of [old, young]) {
        await expect.poll(() => shown(page), WAIT).toEqual(['demo.three', 'demo.two', 'demo.one']);
      }
      expect(await owners(young)).toEqual([versionOf[newer]]);
      await young.close();
      await expect.poll(() => owners(old), WAIT).toContain(versionOf[older]);
      await dispatch(old, 'demo.four');
      const again = await open(newer, { dedicated });
      await dispatch(again, 'demo.five');
      await expect.poll(() => owners(old), WAIT).toEqual([versionOf[older], versionOf[newer]]);
      await dispatch(old, 'demo.six');
      const all = ['six', 'five', 'four', 'three', 'two', 'one'].map((name) => `demo.${name}`);
      for (const page of [old, again]) {
        expect(await topics(page)).toEqual(all);
        await expect.poll(() => shown(page), WAIT).toEqual(all);
      }
    },
    TEST_MS,
  );
});

describe('with a hub', () => {
  let data: ReturnType<typeof temporaryFolder>;
  let hub: HubProcess;
  const start = async (port = 0) => {
    hub = await startHubFor(server, data.path, port);
  };
  beforeEach(() => {
    data = temporaryFolder();
  });
  afterEach(async () => {
    await hub.stop();
    data.remove();
  });

  test.each<[Version, Version]>([
    ['published', 'present'],
    ['present', 'published'],
    ['present', 'next'],
    ['next', 'present'],
  ])(
    'writes made offline, %s first, then %s: each arrives once and in order',
    async (first, second) => {
      await start();
      const port = Number(new URL(hub.url).port);
      const options = { server: hub.url, token: KEYS.admin };
      const one = await open(first, options);
      const connection = async (page: Page) => (await status(page)).connection;
      await expect.poll(() => connection(one), WAIT).toBe('live');
      await hub.stop();
      await expect.poll(() => connection(one), WAIT).toBe('waiting');
      const sent: string[] = [];
      const write = async (page: Page, name: string) => {
        for (let number = 0; number < 8; number++) {
          const topic = `demo.${first}.${name}${number}`;
          await dispatch(page, topic);
          sent.push(topic);
        }
      };
      await write(one, 'a');
      const two = await open(second, options);
      await expect.poll(async () => (await status(two)).queuedWrites, WAIT).toBe(8);
      await write(two, 'b');
      await write(one, 'c');
      await one.close();
      await expect.poll(() => owners(two), WAIT).toContain(versionOf[second]);
      await write(two, 'd');
      const three = await open(first, options);
      await write(three, 'e');
      for (const page of [two, three]) {
        await expect.poll(async () => (await status(page)).queuedWrites, WAIT).toBe(sent.length);
      }
      await start(port);
      for (const page of [two, three]) {
        await expect.poll(async () => (await status(page)).queuedWrites, WAIT).toBe(0);
        expect((await status(page)).refusedWrites).toBe(0);
      }
      expect((await allEvents(hub)).map(({ topic }) => topic)).toEqual(sent);
    },
    2 * TEST_MS,
  );

  test.each<[Version, Version]>([
    ['published', 'present'],
    ['present', 'next'],
  ])(
    '%s writes while it is live, and %s takes over: the hub gets each write once',
    async (older, newer) => {
      await start();
      const options = { server: hub.url, token: KEYS.admin };
      const old = await open(older, options);
      await expect.poll(async () => (await status(old)).connection, WAIT).toBe('live');
      await old.evaluate(() => window.write());
      await old.waitForFunction(() => window.written.length > 20);
      const young = await open(newer, options);
      await expect.poll(() => owners(old), WAIT).toContain(versionOf[newer]);
      const count = await old.evaluate(() => window.written.length);
      await old.waitForFunction((n) => window.written.length > n + 20, count);
      const { written, failures } = await old.evaluate(() => window.stopWriting());
      if (older === 'published') expect(failures.length).toBeLessThanOrEqual(4);
      else expect(failures).toEqual([]);
      await expect.poll(async () => (await status(young)).queuedWrites, WAIT).toBe(0);
      const ids = (await allEvents(hub)).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(written.filter((id) => !ids.includes(id))).toEqual([]);
      expect(ids.length - written.length).toBeLessThanOrEqual(failures.length);
    },
    TEST_MS,
  );
});

test.each<[Version, Version]>([
  ['published', 'present'],
  ['present', 'next'],
])(
  'a full disk keeps the store with %s, whose events are in memory only, until there is room for %s',
  async (older, newer) => {
    const old = await open(older);
    const client = await browser.newCDPSession(old);
    const setQuota = (quotaSize?: number) =>
      client.send('Storage.overrideQuotaForOrigin', {
        origin: server.url,
        ...(quotaSize !== undefined && { quotaSize }),
      });
    await setQuota(3 << 20);
    await old.reload();
    await old.waitForFunction(() => window.ready);
    const inMemory = await old.evaluate(() => window.fillDisk());
    expect(inMemory).toHaveLength(3);

    const young = await open(newer);
    const found = () =>
      young.evaluate(async (ids) => {
        const events = await Promise.all(ids.map((id) => window.events.get(id)));
        return events.map((event) => event?.topic);
      }, inMemory);
    const all = inMemory.map(() => 'demo.fill');
    expect(await found()).toEqual(all); // as a guest
    expect(await status(young)).toMatchObject({ storage: 'memory', reload: null });
    expect(await owners(young)).toEqual([]);
    await setQuota();
    await expect.poll(() => owners(young), WAIT).toEqual([versionOf[newer]]);
    expect(await found()).toEqual(all);
    expect((await status(young)).storage).toBe('durable');
  },
  TEST_MS,
);

describe('a version in which a message has another name', () => {
  test(
    'an older page reads what it has, and its status says what to reload',
    async () => {
      const old = await open('present');
      await dispatch(old, 'demo.old');
      expect((await status(old)).reload).toBeNull();
      const young = await open('renamed');
      await dispatch(young, 'demo.young');
      await expect.poll(() => shown(old), WAIT).toEqual(['demo.young', 'demo.old']);
      expect(await topics(old)).toEqual(['demo.young', 'demo.old']);
      await expect.poll(async () => (await status(old)).reload, WAIT).toMatch(/reload it/);
      const failure = await old.evaluate(() =>
        window.events.dispatch({ topic: 'demo.late' }).then(
          () => null,
          (error) => ({ code: error.code, message: error.message }),
        ),
      );
      expect(failure).toEqual({ code: 'state', message: expect.stringMatching(/reload it/) });
      expect((await status(young)).reload).toBeNull();
      await young.close(); // the older worker owns the store again, and all of its page's messages are known
      await expect.poll(async () => (await status(old)).reload, WAIT).toBeNull();
      await dispatch(old, 'demo.again');
      expect(await topics(old)).toEqual(['demo.again', 'demo.young', 'demo.old']);
    },
    TEST_MS,
  );

  test(
    'the published page, which has no such member, gets the sentence as its message',
    async () => {
      const old = await open('published');
      await dispatch(old, 'demo.old');
      const young = await open('renamed');
      await dispatch(young, 'demo.young');
      await expect.poll(async () => (await status(old)).message, WAIT).toMatch(/reload it/);
      await expect.poll(() => shown(old), WAIT).toEqual(['demo.young', 'demo.old']);
    },
    TEST_MS,
  );
});

describe('a page and a worker of different versions', () => {
  test.each<[Version, Version]>([
    ['published', 'present'],
    ['present', 'published'],
    ['present', 'next'],
    ['next', 'present'],
  ])(
    'a page of %s that starts a worker of %s, at the same address, reads and writes',
    async (page, worker) => {
      const { 'index.js': index } = clients[page];
      serveClient('mixed', { ...clients[worker], 'index.js': index });
      for (const dedicated of [false, true]) {
        const tab = await open('mixed', { dedicated, name: `mixed ${dedicated}` });
        await dispatch(tab, 'demo.one');
        await dispatch(tab, 'demo.two');
        await expect.poll(() => shown(tab), WAIT).toEqual(['demo.two', 'demo.one']);
        expect(await topics(tab)).toEqual(['demo.two', 'demo.one']);
        expect((await status(tab)).reload ?? null).toBeNull();
      }
    },
    TEST_MS,
  );

  test('a page whose worker does not know a message yet says what to reload', async () => {
    serveClient('mixed', { ...clients.present, 'index.js': clients.renamed['index.js'] });
    const tab = await open('mixed');
    expect((await status(tab)).reload).toMatch(/reload the page/);
    const failure = await tab.evaluate(() =>
      window.events
        .dispatch({ topic: 'demo.a' })
        .catch((error) => `${error.code}: ${error.message}`),
    );
    expect(failure).toMatch(/^state: .*reload the page/);
    expect(await topics(tab)).toEqual([]);
  });

  test('an older page whose worker does not know its message any more says what to reload', async () => {
    serveClient('mixed', { ...clients.renamed, 'index.js': clients.present['index.js'] });
    const tab = await open('mixed');
    expect((await status(tab)).reload).toMatch(/reload it/);
    const failure = await tab.evaluate(() =>
      window.events
        .dispatch({ topic: 'demo.a' })
        .catch((error) => `${error.code}: ${error.message}`),
    );
    expect(failure).toMatch(/^state: .*reload it/);
  });
});

describe('files of a newer format', () => {
  test.each<[Version]>([['published'], ['present']])(
    'a store with them is refused by %s in a sentence, and nothing is changed',
    async (version) => {
      const young = await open('present', { dedicated: true });
      await dispatch(young, 'demo.one');
      const old = await open(version, { dedicated: true });
      await expect.poll(() => shown(old), WAIT).toEqual(['demo.one']);
      await young.evaluate(() => window.raiseFormat());
      const before = await old.evaluate(() => window.files());
      expect(before.some(([name]) => name.startsWith('journal-'))).toBe(true);
      await young.close();
      const failure = await old.evaluate(async () => {
        for (;;) {
          const error = await window.events.query().then(
            () => null,
            (reason) => `${reason.code}: ${reason.message}`,
          );
          if (error) return error;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
      const sentence = /^state: journal-00000001: the file has format 2, .*nothing was changed$/;
      expect(failure).toMatch(sentence);
      expect(await old.evaluate(() => window.files())).toEqual(before);
      expect(await shown(old)).toEqual(['demo.one']);
      if (version === 'present') {
        expect(await status(old)).toMatchObject({
          connection: 'stopped',
          reload: expect.stringMatching(/reload/),
          message: expect.stringMatching(/format 2/),
        });
      }
      const late = await browser.newPage();
      const hash = encodeURIComponent(JSON.stringify({ name: 'test', user: 'adm' }));
      await late.goto(`${server.url}/${version}/#${hash}`);
      await late.waitForFunction(() => window.ready, undefined, WAIT);
      expect(await late.evaluate(() => window.failure)).toMatch(sentence);
      expect(await late.evaluate(() => window.files())).toEqual(before);
    },
    TEST_MS,
  );
});

const made = process.env['CUESHEET_FROZEN'];

test.each(made === undefined ? [] : [made])(
  'a page of today follows a hub of %s, which says no version and ends no snapshot',
  async (folder) => {
    const place = temporaryFolder();
    execFileSync('tar', ['-xzf', join(folder, 'cuesheet.tgz'), '-C', place.path]);
    symlinkSync(resolve('node_modules'), join(place.path, 'node_modules'));
    const cli = join(place.path, 'package/dist/hub/cli.js');
    const start = (port = 0) => startHubFor(server, place.path, port, cli);
    let hub = await start();
    try {
      const page = await open('present', { server: hub.url, token: KEYS.admin });
      const live = () =>
        expect.poll(async () => (await status(page)).connection, WAIT).toBe('live');
      await live();
      await dispatch(page, 'demo.mine');
      const other = (topic: string) =>
        call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic } });
      await other('demo.other');
      await expect.poll(() => shown(page), WAIT).toEqual(['demo.other', 'demo.mine']);

      // The feed of another store: the page takes a snapshot.
      await hub.stop();
      await dispatch(page, 'demo.offline');
      rmSync(join(place.path, 'data/events/store-id'));
      hub = await start(Number(new URL(hub.url).port));
      await live();
      await other('demo.late');
      const all = ['demo.late', 'demo.offline', 'demo.other', 'demo.mine'];
      await expect.poll(() => shown(page), WAIT).toEqual(all);
      expect((await allEvents(hub)).map(({ topic }) => topic).reverse()).toEqual(all);
    } finally {
      await hub.stop();
      place.remove();
    }
  },
  TEST_MS,
);
