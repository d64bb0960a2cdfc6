import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Events, EventsStatus, OpenOptions } from '../../web/client/index.ts';
import { call, KEYS, startHub, temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';

/** What this page offers to tests. */
interface KeepWindow {
  cuesheet: typeof import('../../web/client/index.ts');
  events: Events;
  statuses: EventsStatus[];
  liveError: string | null;
  pages: number;
  asked: number;
}
declare const window: KeepWindow;

const PAGE = `<!doctype html><meta charset="utf-8"><title>keep</title>
<script type="module">
  import * as cuesheet from './index.js';
  window.cuesheet = cuesheet;
</script>`;

let server: StaticServer;
let profile: ReturnType<typeof temporaryFolder>;
let browser: BrowserContext;

beforeAll(async () => {
  server = await serveStatic({ '/': PAGE });
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

async function openTab(options: OpenOptions = {}): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.cuesheet !== undefined);
  await open(page, options);
  return page;
}

const open = (page: Page, options: OpenOptions = {}) =>
  page.evaluate(async (wanted) => {
    window.events = await window.cuesheet.openEvents({ name: 'keep', user: 'tess', ...wanted });
    window.statuses = [];
    window.events.onStatus((status) => window.statuses.push(status));
  }, options);

const dispatch = (page: Page, topics: string[]) =>
  page.evaluate(async (all) => {
    for (const topic of all) await window.events.dispatch({ topic });
  }, topics);

const topics = (page: Page) =>
  page.evaluate(async () => (await window.events.query()).events.map((event) => event.topic));

const databases = (page: Page) =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? ''));

function sessionToken(link: string): string {
  const token = /#token=(\S+)/.exec(link)?.[1] ?? '';
  expect(token).toHaveLength(64);
  return token;
}

/** Every record of every database of the page's origin, as text. */
const allRecords = (page: Page) =>
  page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const texts: string[] = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name ?? ''));
      for (const store of database.objectStoreNames) {
        const all = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([done(all.getAllKeys()), done(all.getAll())]);
        texts.push(JSON.stringify(keys), JSON.stringify(values));
        for (const { contents } of values) {
          if (contents) texts.push(new TextDecoder('latin1').decode(contents));
        }
      }
      database.close();
    }
    return texts.join('\n');
  });

describe('scope', () => {
  test('a database keeps what its scope says, of what was there before too', async () => {
    const page = await openTab();
    await dispatch(page, ['demo.a', 'render.a', 'render.b', 'render.c', 'demo.b']);
    await page.evaluate(() => window.events.close());
    await open(page, { scope: { topics: ['render.*'], maxEvents: 2 } });
    await expect.poll(() => topics(page)).toEqual(['render.c', 'render.b']);
  });

  test('a scope that is wrong is refused with the key that is', async () => {
    const page = await openTab();
    const refusal = await page.evaluate(async () => {
      const scope = { maxEvent: 5 } as never;
      const opened = window.cuesheet.openEvents({ name: 'other', scope });
      return opened.catch((error) => `${error.code} ${error.message}`);
    });
    expect(refusal).toMatch(/^invalid scope\.maxEvent:/);
  });

  test('what the hub tells of other topics does not come in, and a dispatch of one settles', async () => {
    const data = temporaryFolder();
    const hub = await startHub(data.path);
    try {
      const page = await browser.newPage();
      // The hub's origin, with this test's page on it.
      await browser.route('**/keep/**', async (route) => {
        const path = new URL(route.request().url()).pathname.replace('/keep', '');
        await route.fulfill({ response: await route.fetch({ url: server.url + path }) });
      });
      await page.goto(`${hub.url}/keep/`);
      await page.waitForFunction(() => window.cuesheet !== undefined);
      await page.evaluate(async (token) => {
        const scope = { topics: ['render.*'] };
        const server = location.origin;
        const files = { workerUrl: '/worker.js', wasmUrl: '/cuesheet.wasm' };
        window.events = await window.cuesheet.openEvents({ server, token, scope, ...files });
      }, sessionToken(hub.link));
      await dispatch(page, ['render.a', 'demo.a', 'render.b']);
      const body = { topic: 'demo.b' };
      await call(hub, 'POST', '/api/events', { key: KEYS.service, body });
      await dispatch(page, ['render.c']);
      expect(await topics(page)).toEqual(['render.c', 'render.b', 'render.a']);
    } finally {
      await hub.stop();
      data.remove();
    }
  });
});

describe('privacy', () => {
  test('users and names of one server have databases of their own', async () => {
    const page = await openTab();
    await dispatch(page, ['demo.tess']);
    await page.evaluate(() => window.events.close());
    await open(page, { user: 'other user' });
    expect(await topics(page)).toEqual([]);
    expect((await databases(page)).filter((name) => !name.endsWith('/cold')).sort()).toEqual([
      `/cuesheet/${encodeURIComponent('local other%20user keep')}`,
      `/cuesheet/${encodeURIComponent('local tess keep')}`,
    ]);
  });

  test('forget removes everything, ends other tabs, and nothing is written back', async () => {
    const first = await openTab();
    const second = await openTab();
    await dispatch(first, ['demo.a']);
    await second.evaluate(() => {
      window.pages = 0;
      window.liveError = null;
      window.events.live(
        {},
        () => window.pages++,
        (error) => {
          window.liveError = (error as Error & { code: string }).code;
        },
      );
    });
    await expect.poll(() => second.evaluate(() => window.pages)).toBeGreaterThan(0);
    // The tab that owns the database writes on while the other one forgets it.
    await first.evaluate(() => {
      const writing = setInterval(() => {
        window.events.dispatch({ topic: 'demo.more' }).catch(() => clearInterval(writing));
      }, 2);
    });
    await second.evaluate(() => window.events.forget());
    expect(await databases(second)).toEqual([]);
    for (const page of [first, second]) {
      const failure = page.evaluate(() => window.events.query().catch((error) => error.code));
      expect(await failure).toBe('forgotten');
      const status = await page.evaluate(() => window.events.status);
      expect(status).toMatchObject({ connection: 'stopped', ended: 'forgotten', events: 0 });
      expect(await page.evaluate(() => window.statuses.at(-1)?.ended)).toBe('forgotten');
    }
    expect(await second.evaluate(() => window.liveError)).toBe('forgotten');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await databases(first)).toEqual([]);
    await open(second);
    expect(await topics(second)).toEqual([]);
    await dispatch(second, ['demo.anew']);
    expect(await topics(second)).toEqual(['demo.anew']);
  });

  test('forgetUser removes the databases of that user only', async () => {
    const page = await openTab();
    await open(page, { name: 'second' });
    await open(page, { user: 'mona' });
    expect(await page.evaluate(() => window.cuesheet.storedUsers())).toEqual(['mona', 'tess']);
    await page.evaluate(() => window.cuesheet.forgetUser({ user: 'tess' }));
    expect(await page.evaluate(() => window.cuesheet.storedUsers())).toEqual(['mona']);
    const left = (await databases(page)).filter((name) => !name.endsWith('/cold'));
    expect(left).toEqual([`/cuesheet/${encodeURIComponent('local mona keep')}`]);
    await dispatch(page, ['demo.mona']);
    expect(await topics(page)).toEqual(['demo.mona']);
  });

  test('neither the token of the connection nor that of a logout is in IndexedDB', async () => {
    const data = temporaryFolder();
    const hub = await startHub(data.path);
    try {
      const page = await browser.newPage();
      const token = sessionToken(hub.link);
      await page.goto(hub.link);
      await page.locator('cuesheet-viewer [data-connection="live"]').waitFor();
      const secret = 'aaaaaaaaaaSECRET';
      await page.evaluate(async (text) => {
        const { events } = document.querySelector('cuesheet-viewer') as unknown as {
          events: Events;
        };
        await events.dispatch({ topic: 'auth.logout', summary: { token: text, why: 'REASON' } });
        await events.flush({ durability: 'strict' });
      }, secret);
      const records = await allRecords(page);
      expect(records).toContain('REASON');
      expect(records).not.toContain(secret);
      expect(records).not.toContain(token);
    } finally {
      await hub.stop();
      data.remove();
    }
  });
});

describe('durability', () => {
  test('relaxed and strict writes settle, also of a tab that does not own the database', async () => {
    const first = await openTab();
    const second = await openTab({ durability: 'strict' });
    const result = await second.evaluate(async () => {
      const { events } = window;
      const { id } = await events.dispatch({ topic: 'demo.a', finished: false });
      await events.update(id, { status: 'finished' }, { durability: 'relaxed' });
      await events.flush({ durability: 'strict' });
      const other = await events.dispatch({ topic: 'demo.b' }, { durability: 'strict' });
      return events.remove(other.id, { durability: 'strict' });
    });
    expect(result).toBe(true);
    expect(await topics(first)).toEqual(['demo.a']);
  });

  test('a durability that does not exist is refused', async () => {
    const page = await openTab();
    const refusal = await page.evaluate(() => {
      const options = { durability: 'later' } as never;
      return window.events.dispatch({ topic: 'demo.a' }, options).catch((error) => error.code);
    });
    expect(refusal).toBe('invalid');
    expect(await topics(page)).toEqual([]);
  });

  test('a page that is hidden or left flushes', async () => {
    const page = await openTab();
    const flushes = await page.evaluate(async () => {
      let count = 0;
      const post = Worker.prototype.postMessage;
      const port = typeof SharedWorker === 'undefined' ? null : MessagePort.prototype;
      const portPost = port?.postMessage;
      const note = (message: { kind?: string }) => {
        if (message?.kind === 'flush') count++;
      };
      Worker.prototype.postMessage = function (this: Worker, ...all: [never]) {
        note(all[0]);
        return post.apply(this, all);
      };
      if (port && portPost) {
        port.postMessage = function (this: MessagePort, ...all: [never]) {
          note(all[0]);
          return portPost.apply(this, all);
        };
      }
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
      dispatchEvent(new PageTransitionEvent('pagehide'));
      const whileOpen = count;
      await window.events.close();
      dispatchEvent(new PageTransitionEvent('pagehide'));
      return { whileOpen, afterClose: count - whileOpen };
    });
    expect(flushes).toEqual({ whileOpen: 2, afterClose: 0 });
  });
});

test('the browser is asked to keep the data on request only, and once', async () => {
  const page = await openTab();
  const result = await page.evaluate(async () => {
    window.asked = 0;
    const real = navigator.storage.persist.bind(navigator.storage);
    navigator.storage.persist = () => {
      window.asked++;
      return real();
    };
    const before = { asked: window.asked, persisted: window.events.status.persisted };
    const answers = [await window.events.persist(), await window.events.persist()];
    return { before, answers, asked: window.asked, persisted: window.events.status.persisted };
  });
  expect(result.before).toEqual({ asked: 0, persisted: null });
  expect(result.asked).toBe(1);
  expect(result.answers).toEqual([result.persisted, result.persisted]);
  expect(typeof result.persisted).toBe('boolean');
});
