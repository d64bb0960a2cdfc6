import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';
import { LOCAL_PAGE, type LocalWindow } from './local-page.ts';

declare const window: LocalWindow;

let server: StaticServer;
let profile: ReturnType<typeof temporaryFolder>;

beforeAll(async () => {
  server = await serveStatic({ '/': LOCAL_PAGE });
});
afterAll(() => server.close());
beforeEach(() => {
  profile = temporaryFolder();
});
afterEach(() => {
  killBrowser(profile.path);
  profile.remove();
});

async function openPage(): Promise<{
  page: Page;
  browser: Awaited<ReturnType<typeof launchChromium>>;
}> {
  const browser = await launchChromium(profile.path);
  return { browser, page: await newTab(browser) };
}

async function newTab(browser: Awaited<ReturnType<typeof launchChromium>>): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.ready);
  expect(await page.evaluate(() => window.failure)).toBeUndefined();
  return page;
}

const topics = (page: Page) =>
  page.evaluate(async () => (await window.events.query()).events.map((event) => event.topic));

describe('a database without a server', () => {
  test('events are dispatched, changed, queried and removed', async () => {
    const { page } = await openPage();
    const result = await page.evaluate(async () => {
      const { events } = window;
      const { id } = await events.dispatch({
        topic: 'demo.job',
        finished: false,
        payload: { a: 1 },
      });
      await events.dispatch({ topic: 'log.info' });
      await events.update(id, { status: 'in_progress', progress: 40 });
      const page = await events.query();
      const detail = await events.get(id);
      const removed = [await events.remove(id), await events.remove(id)];
      return { page, detail, removed, after: await events.query(), status: events.status };
    });
    expect(result.page.events).toHaveLength(1);
    expect(result.page.events[0]).toMatchObject({
      topic: 'demo.job',
      status: 'in_progress',
      progress: 40,
      user: 'tester',
      senderType: 'cuesheet',
    });
    expect(result.detail?.payload).toEqual({ a: 1 });
    expect(result.removed).toEqual([true, false]);
    expect(result.after.events).toEqual([]);
    expect(result.status).toMatchObject({ connection: 'local', storage: 'durable' });
  });

  test('bad input is a typed error and stores nothing', async () => {
    const { page } = await openPage();
    const failures = await page.evaluate(async () => {
      const { events } = window;
      await events.dispatch({ topic: 'demo.a', hash: 'h' });
      const attempts = [
        events.dispatch({ topic: 'a-b' }),
        events.dispatch({ topic: 'demo.b', hash: 'h' }),
        events.update('e'.repeat(32), {}),
        events.update('nonsense', {}),
        events.query({ topics: ['%'] }),
      ];
      return Promise.all(
        attempts.map((attempt) =>
          (attempt as Promise<unknown>).then(
            () => 'no error',
            (error) => `${error.name} ${error.code}`,
          ),
        ),
      );
    });
    expect(failures).toEqual([
      'CuesheetError invalid',
      'CuesheetError conflict',
      'CuesheetError not_found',
      'CuesheetError invalid',
      'CuesheetError invalid',
    ]);
    expect(await topics(page)).toEqual(['demo.a']);
  });

  test('a live query hears of every change and keeps the identity of unchanged rows', async () => {
    const { page } = await openPage();
    const result = await page.evaluate(async () => {
      const { events } = window;
      const pages: { ids: string[]; first: unknown }[] = [];
      const end = events.live({}, (live) =>
        pages.push({ ids: live.events.map((e) => e.id), first: live.events.at(-1) }),
      );
      const first = await events.dispatch({ topic: 'demo.a' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const second = await events.dispatch({ topic: 'demo.b' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      end();
      await events.dispatch({ topic: 'demo.c' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const [, one, two] = pages;
      return {
        counts: pages.map((live) => live.ids.length),
        order: two?.ids.join() === [second.id, first.id].join(),
        same: one?.first === two?.first,
      };
    });
    expect(result).toEqual({ counts: [0, 1, 2], order: true, same: true });
  });

  test('a write that was reported durable survives SIGKILL of the browser', async () => {
    let { page } = await openPage();
    for (let round = 1; round <= 3; round++) {
      const id = await page.evaluate(
        async (number) => (await window.events.dispatch({ topic: `demo.round${number}` })).id,
        round,
      );
      killBrowser(profile.path);
      ({ page } = await openPage());
      expect((await topics(page))[0]).toBe(`demo.round${round}`);
      expect(await page.evaluate((i) => window.events.get(i), id)).not.toBeNull();
    }
    expect(await topics(page)).toHaveLength(3);
  });

  test('a second tab shows the same data, live, writes too, and takes over when the first closes', async () => {
    const { browser, page: first } = await openPage();
    const dispatch = (page: Page, topic: string) =>
      page.evaluate(async (name) => void (await window.events.dispatch({ topic: name })), topic);
    await dispatch(first, 'demo.one');
    const second = await newTab(browser);
    expect(await topics(second)).toEqual(['demo.one']);
    await second.evaluate(() => {
      window.seen = [];
      window.events.live({}, (page) => window.seen.push(page.events.map((e) => e.topic)));
    });
    await dispatch(first, 'demo.two');
    await dispatch(second, 'demo.three');
    expect(await topics(first)).toEqual(['demo.three', 'demo.two', 'demo.one']);
    await first.close();
    await dispatch(second, 'demo.four');
    const all = ['demo.four', 'demo.three', 'demo.two', 'demo.one'];
    expect(await topics(second)).toEqual(all);
    await second.waitForFunction(() => window.seen.at(-1)?.length === 4);
    expect(await second.evaluate(() => window.events.status.storage)).toBe('durable');
  });

  test('three tabs opened at once share one database, whoever of them closes', async () => {
    const { browser, page: first } = await openPage();
    const tabs = await Promise.all([newTab(browser), newTab(browser)]);
    for (const tab of tabs) {
      await tab.evaluate(() => {
        window.seen = [];
        window.events.live({}, (page) => window.seen.push(page.events.map((e) => e.topic)));
      });
    }
    const dispatch = (page: Page, topic: string) =>
      page.evaluate(async (name) => void (await window.events.dispatch({ topic: name })), topic);
    await dispatch(tabs[0] as Page, 'demo.one');
    await first.close();
    // the one takes over, the other one finds it
    await dispatch(tabs[0] as Page, 'demo.two');
    await dispatch(tabs[1] as Page, 'demo.three');
    const all = ['demo.three', 'demo.two', 'demo.one'];
    for (const tab of tabs) {
      expect(await topics(tab)).toEqual(all);
      await tab.waitForFunction(() => window.seen.at(-1)?.length === 3);
    }
  });

  test('what no message can carry is refused and stops nothing', async () => {
    const { page } = await openPage();
    const codes = await page.evaluate(async () => {
      const { events } = window;
      const attempts = [
        events.dispatch({ topic: 'demo.a', payload: { work: () => {} } }),
        events.dispatch({ topic: 'demo.a', payload: { big: 10n } }),
      ];
      return Promise.all(
        attempts.map((attempt) =>
          attempt.then(
            () => 'none',
            (e) => e.code,
          ),
        ),
      );
    });
    expect(codes).toEqual(['invalid', 'invalid']);
    expect(await topics(page)).toEqual([]);
  });

  test('a database that the user clears while it is open is written again', async () => {
    const { browser, page } = await openPage();
    await page.evaluate(() => window.events.dispatch({ topic: 'demo.before' }));
    const devtools = await browser.newCDPSession(page);
    await devtools.send('Storage.clearDataForOrigin', {
      origin: server.url,
      storageTypes: 'indexeddb',
    });
    // The browser may close the connection during the commit: the writer gets the error, and the write is saved
    // by the next one.
    const told = await page.evaluate(() =>
      window.events.dispatch({ topic: 'demo.after' }).then(
        () => 'saved',
        ({ code }) => window.events.flush().then(() => code),
      ),
    );
    expect(['saved', 'storage']).toContain(told);
    killBrowser(profile.path);
    const again = await openPage();
    expect(await topics(again.page)).toEqual(['demo.after', 'demo.before']);
  });

  test('a message that is none of the protocol is answered and stops nothing', async () => {
    const { page } = await openPage();
    const answer = await page.evaluate(
      () =>
        new Promise<unknown>((resolve) => {
          const worker = new Worker('/worker.js', { type: 'module' });
          const answers: unknown[] = [];
          worker.onmessage = (event) => {
            answers.push(event.data);
            if (answers.length === 4) resolve(answers);
          };
          for (const junk of [null, 'junk', { request: 1, kind: 'nothing', body: {} }]) {
            worker.postMessage(junk);
          }
          worker.postMessage({ request: 7, kind: 'flush', body: {} });
        }),
    );
    expect(answer).toMatchObject([
      { reply: -1, error: { code: 'invalid' } },
      { reply: -1, error: { code: 'invalid' } },
      { reply: 1, error: { code: 'invalid' } },
      { reply: 7, error: { code: 'state' } },
    ]);
  });
});
