import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { type HubWindow, servePages } from '../browser/hub-page.ts';
import { killBrowser, launchChromium, type StaticServer } from '../browser/launch.ts';
import { temporaryFolder } from '../edge/hub-process.ts';
import { AyonModel } from './ayon-model.ts';

declare const window: HubWindow;

/** A back-off of 30 s, and what is read afterwards. */
const WAIT = { timeout: 100_000, interval: 250 };
const TEST = { timeout: 150_000 };
const OLD_EVENTS = 1200;
const QUERY = `query ($last: Int, $before: String) { events(last: $last, before: $before, includeLogs: true) {
  edges { cursor node { id hash topic user project status retries description summary payload createdAt updatedAt } }
  pageInfo { hasPreviousPage startCursor } } }`;

const model = new AyonModel(() => null);
const profile = temporaryFolder();
let pages: StaticServer;
let relay: { url: string; process: ChildProcess };

beforeAll(async () => {
  for (let i = 0; i < OLD_EVENTS; i++) {
    model.now += 1000;
    model.dispatch({
      topic: i % 10 === 0 ? 'log.info' : 'demo.old',
      description: `old ${i}`,
      finished: i % 9 > 0,
      payload: i % 2 === 0 ? { i } : {},
    });
  }
  pages = await servePages();
  await model.start();
  relay = await startRelay();
}, 60_000);
afterAll(async () => {
  relay.process.kill('SIGTERM');
  killBrowser(profile.path);
  await model.stop();
  await pages.close();
  profile.remove();
});

async function startRelay() {
  const origin = new URL(pages.url).origin;
  const args = ['dist/hub/cli.js', 'relay', model.url, '--port', '0', '--origin', origin];
  const env = { ...process.env, CUESHEET_UPSTREAM_KEY: model.key };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  const ready = () => /cuesheet relay ready on (\S+)/.exec(output)?.[1];
  await vi.waitUntil(ready, WAIT);
  const url = ready() ?? '';
  await vi.waitUntil(() => isLive(url), WAIT);
  return { url, process: child };
}

const isLive = async (url: string) => (await fetch(`${url}/healthz`)).status === 200;

async function call(method: string, path: string, body?: object, server = relay.url) {
  const response = await fetch(server + path, {
    method,
    headers: { authorization: `Bearer ${model.token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

/** Everything that a server shows by GraphQL, newest first, payloads and cursors too. */
async function allOf(server: string) {
  const edges: { cursor: string; node: Record<string, string> }[] = [];
  for (let before = ''; ;) {
    const variables = { last: 500, before };
    const { body } = await call('POST', '/graphql', { query: QUERY, variables }, server);
    const page = body.data.events.edges;
    edges.push(...page);
    if (page.length < 500) break;
    before = page.at(-1).cursor;
  }
  return edges.map(({ cursor, node }) => ({
    ...node,
    cursor,
    createdAt: Date.parse(node['createdAt'] ?? ''),
    updatedAt: Date.parse(node['updatedAt'] ?? ''),
  }));
}

describe('a relay of a stock AYON server', () => {
  test('has the history, with payloads and in its order', TEST, async () => {
    const there = await allOf(model.url);
    expect(there).toHaveLength(OLD_EVENTS);
    await expect.poll(() => allOf(relay.url), WAIT).toEqual(there);
    const [{ id } = { id: '' }] = [...model.events.values()];
    expect((await call('GET', `/api/events/${id}`)).body.payload).toEqual({ i: 0 });
  });

  test('tells its sockets what is new, and nothing of the history', TEST, async () => {
    const heard: { topic: string; id: string; store?: boolean; status: string }[] = [];
    const socket = new WebSocket(`${relay.url.replace('http', 'ws')}/ws`);
    await new Promise((resolve) => socket.once('open', resolve));
    socket.on('message', (data) => heard.push(JSON.parse(String(data))));
    socket.send(JSON.stringify({ topic: 'auth', token: model.token, subscribe: ['*'] }));
    const events = () => heard.filter(({ topic }) => topic.startsWith('demo.'));
    await expect
      .poll(async () => {
        model.dispatch({ topic: 'demo.new', finished: false, payload: { of: 'dispatch' } });
        return events().length;
      }, WAIT)
      .toBeGreaterThan(0);
    const id = events()[0]?.id ?? '';
    expect(events()[0]).toMatchObject({ topic: 'demo.new', store: true, status: 'pending' });
    model.now += 1000;
    model.update(id, { status: 'in_progress', payload: { of: 'update' } });
    await expect
      .poll(() => events().some((event) => event.status === 'in_progress'), WAIT)
      .toBe(true);
    await expect
      .poll(async () => (await call('GET', `/api/events/${id}`)).body.payload, WAIT)
      .toEqual({ of: 'update' });
    expect([...new Set(events().map(({ topic }) => topic))]).toEqual(['demo.new']);
    socket.close();
  });

  test('hands writes on with the credentials of the caller, and refusals back', TEST, async () => {
    const made = await call('POST', '/api/events', { topic: 'demo.write', hash: 'relay-1' });
    expect(model.events.get(made.body.id)).toMatchObject({ topic: 'demo.write', user: 'artist' });
    expect(await call('POST', '/api/events', { topic: 'demo.write', hash: 'relay-1' })).toEqual({
      status: 409,
      body: { code: 409, detail: 'Event with the same hash already exists' },
    });
    await expect
      .poll(async () => (await call('GET', `/api/events/${made.body.id}`)).status, WAIT)
      .toBe(200);
  });

  test('survives its restart, and finds what changed and went meanwhile', TEST, async () => {
    const [gone, changed] = [...model.events.keys()];
    await model.stop();
    await expect.poll(() => isLive(relay.url), WAIT).toBe(false);
    expect((await call('GET', `/api/events/${gone}`)).status).not.toBe(500);
    model.now += 60_000;
    model.remove(gone ?? '');
    model.update(changed ?? '', { description: 'while nobody listened', payload: {} });
    model.dispatch({ topic: 'demo.missed', payload: { missed: true } });
    await model.start();
    await expect.poll(() => isLive(relay.url), WAIT).toBe(true);
    const there = await allOf(model.url);
    await expect.poll(() => allOf(relay.url), WAIT).toEqual(there);
  });

  test(
    'a page behind it sees the same, and its writes and their refusals come back',
    TEST,
    async () => {
      const browser = await launchChromium(profile.path);
      const page = await browser.newPage();
      const link = `${relay.url} ${model.token} artist`;
      await page.goto(`${pages.url}#${encodeURIComponent(link)}`);
      await page.waitForFunction(() => window.ready);
      await expect
        .poll(() => page.evaluate(() => window.events.status.connection), WAIT)
        .toBe('live');
      const outcomes = await page.evaluate(async () => {
        const { events } = window;
        const first = await events.dispatch({ topic: 'demo.page', hash: 'page-1' });
        const second = await events
          .dispatch({ topic: 'demo.page', hash: 'page-1' })
          .catch((error) => error.code);
        await events.update(first.id, { description: 'by the page' });
        return { id: first.id, second };
      });
      expect(outcomes.second).toBe('conflict');
      const event = [...model.events.values()].find(({ topic }) => topic === 'demo.page');
      expect(event).toMatchObject({ user: 'artist', description: 'by the page' });
      const ids = (await allOf(model.url)).map((row) => row['id' as never]);
      await expect
        .poll(
          () =>
            page.evaluate(async () =>
              (await window.events.query({ last: 2000, includeLogs: true })).events.map(
                ({ id }) => id,
              ),
            ),
          WAIT,
        )
        .toEqual(ids);
    },
  );
});
