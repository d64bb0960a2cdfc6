import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type HubProcess, KEYS, temporaryFolder } from '../edge/hub-process.ts';
import { openPage, servePages, startHubFor, WAIT } from './hub-page.ts';
import { killBrowser, launchChromium, type StaticServer, serveStatic } from './launch.ts';
import { LOCAL_PAGE, type LocalWindow } from './local-page.ts';

declare const window: LocalWindow;

const profile = temporaryFolder();
const data = temporaryFolder();
let browser: Awaited<ReturnType<typeof launchChromium>>;
let server: StaticServer;
let page: Page;

beforeAll(async () => {
  server = await serveStatic({ '/': LOCAL_PAGE });
  browser = await launchChromium(profile.path);
  page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.ready);
  expect(await page.evaluate(() => window.failure)).toBeUndefined();
});
afterAll(async () => {
  killBrowser(profile.path);
  await server.close();
  profile.remove();
  data.remove();
});

describe('without a server', () => {
  test('a tree has the ancestors and the descendants of an event', async () => {
    const tree = await page.evaluate(async () => {
      const { events } = window;
      const root = await events.dispatch({ topic: 'tree.root' });
      const job = await events.dispatch({ topic: 'tree.job', dependsOn: root.id });
      await events.dispatch({ topic: 'tree.leaf', dependsOn: job.id });
      return { of: await events.tree(job.id), none: await events.tree('0'.repeat(32)) };
    });
    expect(tree.none).toBeNull();
    expect(tree.of?.event.topic).toBe('tree.job');
    expect(tree.of?.ancestors.map(({ topic }) => topic)).toEqual(['tree.root']);
    expect(tree.of?.descendants.map(({ topic }) => topic)).toEqual(['tree.leaf']);
    expect(tree.of?.complete).toBe(true);
  });

  test('a worker enrolls for a job, is reminded of it, and then there is nothing to do', async () => {
    const jobs = await page.evaluate(async () => {
      const { events } = window;
      const source = await events.dispatch({ topic: 'source.shot' });
      const ask = () =>
        events.enroll({ sourceTopic: 'source.*', targetTopic: 'check.shot', sender: 'node-1' });
      const [first, again] = [await ask(), await ask()];
      await events.update(first?.id ?? '', { status: 'finished' });
      const refused = await events
        .enroll({ sourceTopic: '*', targetTopic: 'a-b', sender: 'node-1' })
        .catch((error) => error.code);
      return { source: source.id, first, again, after: await ask(), refused };
    });
    expect(jobs.first).toMatchObject({ dependsOn: jobs.source, status: 'pending' });
    expect(jobs.again).toEqual(jobs.first);
    expect(jobs.after).toBeNull();
    expect(jobs.refused).toBe('invalid');
  });

  test('iterate goes through every match once, in either direction', async () => {
    const seen = await page.evaluate(async () => {
      const { events } = window;
      for (let i = 0; i < 7; i++) await events.dispatch({ topic: `walk.n${i}` });
      const walk = async (query: object) => {
        const topics: string[] = [];
        for await (const event of events.iterate({ topics: ['walk.*'], ...query })) {
          topics.push(event.topic);
        }
        return topics.join(' ').replaceAll('walk.n', '');
      };
      return [
        await walk({}),
        await walk({ last: 3 }),
        await walk({ first: 3 }),
        await walk({ last: 3, offset: 2 }),
      ];
    });
    expect(seen).toEqual(['6 5 4 3 2 1 0', '6 5 4 3 2 1 0', '0 1 2 3 4 5 6', '4 3 2 1 0']);
  });

  test('watch gives the page and later ones until the signal', async () => {
    const seen = await page.evaluate(async () => {
      const { events } = window;
      const end = new AbortController();
      const sizes: number[] = [];
      const query = { topics: ['watch.*'] };
      try {
        for await (const { events: rows } of events.watch(query, { signal: end.signal })) {
          sizes.push(rows.length);
          if (rows.length === 2) end.abort();
          else await events.dispatch({ topic: 'watch.me' });
        }
      } catch (error) {
        return { sizes, code: (error as { code: string }).code };
      }
      return null;
    });
    expect(seen).toEqual({ sizes: [0, 1, 2], code: 'aborted' });
  });

  test('an aborted promise rejects, what it asked for still happens', async () => {
    const seen = await page.evaluate(async () => {
      const { events } = window;
      const end = new AbortController();
      const codeOf = (promise: Promise<unknown>) => promise.catch((error) => error.code);
      const write = codeOf(events.dispatch({ topic: 'abort.me' }, { signal: end.signal }));
      const reads = [
        codeOf(events.query({}, { signal: end.signal })),
        codeOf(events.count({}, { signal: end.signal })),
        codeOf(events.get('0'.repeat(32), { signal: end.signal })),
      ];
      end.abort();
      const codes = await Promise.all([
        write,
        ...reads,
        codeOf(events.query({}, { signal: end.signal })),
      ]);
      await events.flush();
      const { total } = await events.count({ topics: ['abort.me'] });
      return { codes, total };
    });
    expect(seen.codes).toEqual(['aborted', 'aborted', 'aborted', 'aborted', 'aborted']);
    expect(seen.total).toBe(1);
  });

  test('a query gives the rows that a live page shows', async () => {
    const [queried, shown] = await page.evaluate(async () => {
      const { events } = window;
      await events.dispatch({ topic: 'same.hash', hash: 'of its own', summary: { a: [1, null] } });
      const { id } = await events.dispatch({ topic: 'same.job', finished: false, project: 'demo' });
      await events.update(id, { status: 'in_progress', progress: 40 });
      await events.dispatch({ topic: 'same.child', dependsOn: id, description: 'grün "1"' });
      const query = { topics: ['same.*'] };
      const { events: rows } = await events.query(query);
      for await (const { events: live } of events.watch(query)) return [rows, live];
      return [];
    });
    expect(queried).toHaveLength(3);
    expect(queried).toEqual(shown);
  });

  test('a live page tells by patches what is different', async () => {
    const seen = await page.evaluate(async () => {
      const { events } = window;
      const ops: string[] = [];
      let wake = () => {};
      const stop = events.live({ topics: ['patch.*'], last: 2 }, (_page, patches) => {
        ops.push(
          patches === null ? 'whole' : patches.map(({ op, at }) => `${op} ${at}`).join(', '),
        );
        wake();
      });
      const next = () => new Promise<void>((resolve) => (wake = resolve));
      await next();
      const first = next();
      const { id } = await events.dispatch({ topic: 'patch.a' });
      await first;
      const second = next();
      await events.update(id, { description: 'changed' });
      await second;
      stop();
      return ops;
    });
    expect(seen).toEqual(['whole', 'insert 0', 'update 0']);
  });
});

describe('with a hub', () => {
  let hub: HubProcess;

  test(
    'it alone hands out jobs; without a connection there are none',
    { timeout: 90_000 },
    async () => {
      const pages = await servePages();
      hub = await startHubFor(pages, data.path);
      try {
        const post = (topic: string) =>
          call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic } });
        await post('source.shot');
        const tab = await openPage(browser, pages, hub, KEYS.service, 'svc');
        await expect
          .poll(() => tab.evaluate(() => window.events.status.connection), WAIT)
          .toBe('live');
        const ask = () =>
          tab.evaluate(() =>
            window.events
              .enroll({ sourceTopic: 'source.*', targetTopic: 'check.shot', sender: 'tab' })
              .catch((error) => error.code),
          );
        const job = (await ask()) as { id: string };
        const there = await call(hub, 'GET', `/api/events/${job.id}`, { key: KEYS.service });
        expect(there.body).toMatchObject({ topic: 'check.shot', status: 'pending', sender: 'tab' });
        await hub.stop();
        await expect
          .poll(() => tab.evaluate(() => window.events.status.connection), WAIT)
          .not.toBe('live');
        expect(await ask()).toBe('offline');
        await tab.close();
      } finally {
        await pages.close();
      }
    },
  );
});
