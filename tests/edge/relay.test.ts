import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import {
  type Answer,
  allEvents,
  call,
  type HubProcess,
  KEYS,
  startHub,
  temporaryFolder,
  USERS,
} from './hub-process.ts';
import { fanOut } from './fan-out.ts';
import { startProxy } from './proxy.ts';
import { startWorkerd } from './workerd.ts';

const WAIT = { timeout: 30_000 };
const data = temporaryFolder();
let hub: HubProcess;
let relay: { url: string; output(): string; stop(): Promise<number | null> };

beforeAll(async () => {
  hub = await startHub(data.path);
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  await hub.stop();
  data.remove();
});

async function startRelay({ port = 0, upstream = hub.url, follows = true } = {}) {
  const args = ['dist/hub/cli.js', 'relay', upstream, '--port', String(port), '--log', 'json'];
  const env = { ...process.env, CUESHEET_UPSTREAM_KEY: KEYS.service };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  const ready = () => /cuesheet relay ready on ([^\s"]+)/.exec(output)?.[1];
  await vi.waitUntil(ready, WAIT);
  const url = ready() ?? '';
  if (follows) await vi.waitUntil(async () => (await healthOf({ url })) === 200, WAIT);
  return {
    url,
    output: () => output,
    stop: () =>
      new Promise<number | null>((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
}

const healthOf = async (server: { url: string }) => (await fetch(`${server.url}/healthz`)).status;

const QUERY = `query ($last: Int, $before: String) { events(last: $last, before: $before, includeLogs: true) {
  edges { cursor node { id hash topic user sender project status retries description summary dependsOn
    createdAt updatedAt } } pageInfo { hasPreviousPage endCursor } } }`;

async function page(server: { url: string }, key = KEYS.admin): Promise<Answer> {
  const body = { query: QUERY, variables: { last: 200 } };
  return (await call(server, 'POST', '/graphql', { key, body })).body;
}

/** The relay answers as the hub, cursors and times included. */
async function expectSame() {
  const there = await page(hub);
  await expect.poll(() => page(relay), WAIT).toEqual(there);
}

const dispatch = (server: { url: string }, body: object, key = KEYS.service) =>
  call(server, 'POST', '/api/events', { key, body });

describe('a relay', () => {
  test('has what was there before, and every kind of change', async () => {
    const first = await dispatch(hub, { topic: 'demo.first', finished: false, payload: { a: 1 } });
    await expectSame();
    const id = first.body.id as string;
    await call(hub, 'PATCH', `/api/events/${id}`, {
      key: KEYS.service,
      body: { status: 'in_progress', description: 'at work' },
    });
    await dispatch(hub, { topic: 'demo.reused', hash: 'one' });
    await dispatch(hub, { topic: 'demo.reused', hash: 'one', reuse: true, description: 'again' });
    const gone = await dispatch(hub, { topic: 'demo.gone' });
    await expectSame();
    await call(hub, 'DELETE', `/api/events/${gone.body.id}`, { key: KEYS.admin });
    await dispatch(hub, { topic: 'demo.source' });
    const enroll = { sourceTopic: 'demo.source', targetTopic: 'demo.target', sender: 'w' };
    expect(
      (await call(hub, 'POST', '/api/enroll', { key: KEYS.service, body: enroll })).status,
    ).toBe(200);
    await expectSame();
    const get = (server: { url: string }) =>
      call(server, 'GET', `/api/events/${id}`, { key: KEYS.admin });
    expect((await get(relay)).body).toEqual((await get(hub)).body);
    expect((await page(relay)).data.events.edges.length).toBe(4);
  });

  test('hands writes on with the caller’s own credentials, and gives the answers as they are', async () => {
    const made = await dispatch(relay, { topic: 'demo.by_relay' }, KEYS.manager);
    expect(made.status).toBe(200);
    await expectSame();
    const stored = await call(hub, 'GET', `/api/events/${made.body.id}`, { key: KEYS.admin });
    expect(stored.body).toMatchObject({ topic: 'demo.by_relay', user: 'mona' });
    const both = async (work: (server: { url: string }) => ReturnType<typeof call>) => {
      const [here, there] = [await work(relay), await work(hub)];
      expect([here.status, here.body]).toEqual([there.status, there.body]);
      return here.status;
    };
    expect(await both((server) => dispatch(server, { topic: 'demo.x' }, KEYS.user))).toBe(403);
    expect(await both((server) => dispatch(server, { topic: 7 }))).toBe(400);
    expect(await both((server) => dispatch(server, { topic: 'demo.x' }, 'wrong'))).toBe(401);
    expect(await both((server) => dispatch(server, { topic: 'demo.x', hash: 'one' }))).toBe(409);
    const nobody = '/api/events/00000000000000000000000000000000';
    expect(await both((server) => call(server, 'GET', nobody, { key: KEYS.admin }))).toBe(404);
    expect(await both((server) => call(server, 'GET', '/api/users/me', { key: KEYS.user }))).toBe(
      200,
    );
    expect(await both((server) => call(server, 'GET', '/api/users/me', { key: 'wrong' }))).toBe(
      401,
    );
  });

  test('hands on that a worker has lost its lease, and shows the job that failed by itself', async () => {
    await dispatch(hub, { topic: 'lease.source' });
    const enroll = (sender: string) =>
      call(relay, 'POST', '/api/enroll', {
        key: KEYS.service,
        body: {
          ...{ sourceTopic: 'lease.source', targetTopic: 'lease.job', sender },
          ...{ leaseSeconds: 1, maxRetries: 0 },
        },
      });
    const report = (server: { url: string }, id: string) =>
      call(server, 'PATCH', `/api/events/${id}`, {
        key: KEYS.service,
        body: { sender: 'first', progress: 50 },
      });
    const { body: job } = await enroll('first');
    await vi.waitUntil(async () => (await enroll('second')).body?.id === job.id, WAIT);
    const [here, there] = [await report(relay, job.id), await report(hub, job.id)];
    expect([here.status, here.body]).toEqual([409, there.body]);
    const status = async () =>
      (await call(relay, 'GET', `/api/events/${job.id}`, { key: KEYS.admin })).body.status;
    await vi.waitUntil(async () => (await status()) === 'failed', WAIT);
    expect((await report(relay, job.id)).body.detail).toContain('the job is failed now');
    await expectSame();
  });

  test('asks the hub for a single event that its copy does not have', async () => {
    const { url, close } = await startProxy(hub.url, { sockets: null });
    const blind = await startRelay({ upstream: url, follows: false });
    try {
      const made = await dispatch(hub, { topic: 'demo.unseen', payload: { a: 1 } });
      const get = (server: { url: string }, key: string) =>
        call(server, 'GET', `/api/events/${made.body.id}`, { key });
      const [here, there] = [await get(blind, KEYS.admin), await get(hub, KEYS.admin)];
      expect([here.status, here.body]).toEqual([200, there.body]);
      expect((await get(blind, 'wrong')).status).toBe(401);
      // Who takes a snapshot removes what it does not have.
      expect((await call(blind, 'GET', '/api/snapshot', { key: KEYS.admin })).status).toBe(503);
      close();
      expect((await get(blind, KEYS.admin)).status).toBe(503);
    } finally {
      close();
      await blind.stop();
    }
  });

  test('asks the hub once who a caller is, and again when the answer says nothing of the caller', async () => {
    const asked: string[] = [];
    const refusals: string[] = [];
    const between = await startProxy(hub.url, {
      answer(request, response) {
        if (request.url !== '/api/users/me') return false;
        asked.push(String(request.headers['x-api-key']));
        const answer = refusals.shift();
        if (answer === undefined) return false;
        response.writeHead(Number(answer.slice(0, 3))).end(answer.slice(3));
        return true;
      },
    });
    const behind = await startRelay({ upstream: between.url });
    try {
      const statusOf = async (key: string) =>
        (await call(behind, 'GET', '/api/users/me', { key })).status;
      const many = await Promise.all(Array.from({ length: 20 }, () => statusOf(KEYS.user)));
      expect(new Set(many)).toEqual(new Set([200]));
      expect(asked.filter((key) => key === KEYS.user).length).toBe(1);
      refusals.push(
        '429{"detail":"later"}',
        '302',
        '200{}',
        '200{"name":"x","data":null}',
        '200[]',
      );
      const statuses = [];
      for (let i = 0; i < 6; i++) statuses.push(await statusOf(KEYS.manager));
      expect(statuses).toEqual([429, 503, 503, 503, 503, 200]);
    } finally {
      await behind.stop();
      between.close();
    }
  });

  test('hands on nothing that something else answers, and shows no credential to where it leads', async () => {
    const seen: string[] = [];
    const other = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    const others: [number, Record<string, string>, string][] = [
      [302, { location }, ''],
      [200, { 'content-type': 'text/html' }, '<title>Sign in</title>'],
      [401, { 'content-type': 'text/html' }, 'sign in'],
      [404, { 'content-type': 'text/plain' }, 'no such page'],
      [200, { 'content-type': 'application/json' }, '{"ok":true}'],
    ];
    let present: (typeof others)[number] | undefined;
    const between = await startProxy(hub.url, {
      answer(_request, response) {
        if (present) response.writeHead(present[0], present[1]).end(present[2]);
        return present !== undefined;
      },
    });
    const behind = await startRelay({ upstream: between.url });
    try {
      await dispatch(behind, { topic: 'demo.before' });
      for (present of others) {
        const answer = await dispatch(behind, { topic: 'demo.x' });
        expect(answer.status).toBe(503);
        expect(answer.body.detail).toContain(
          `Something else than the upstream answers at its address (HTTP ${present[0]}`,
        );
        expect((await call(behind, 'GET', '/api/users/me', { key: KEYS.guest })).status).toBe(503);
      }
      expect(seen).toEqual([]);
    } finally {
      await behind.stop();
      between.close();
      other.close();
    }
  });

  test('says when to come again, as the hub does', async () => {
    const folder = temporaryFolder();
    const users = join(folder.path, 'users-file.json');
    const flags = ['--users', users, '--no-sample', '--rate', '1'];
    const slow = await startHub(folder.path, { flags });
    const behind = await startRelay({ upstream: slow.url });
    try {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => dispatch(behind, { topic: 'demo.x' }, KEYS.manager)),
      );
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused.length).toBeGreaterThan(0);
      for (const { headers } of refused) expect(headers.get('retry-after')).toMatch(/^[1-9]/);
    } finally {
      await behind.stop();
      await slow.stop();
      folder.remove();
    }
  });

  test('signs in by the hub, and tells its sockets what that one tells', async () => {
    const login = { name: 'adm', password: 'correct horse' };
    const { body } = await call(relay, 'POST', '/api/auth/login', { body: login });
    const socket = new WebSocket(`${relay.url.replace('http', 'ws')}/ws`);
    const topics: string[] = [];
    socket.on('message', (text) => topics.push(JSON.parse(text.toString()).topic));
    await new Promise((resolve) => socket.on('open', resolve));
    socket.send(JSON.stringify({ topic: 'auth', token: body.token, subscribe: ['demo'] }));
    await expect.poll(() => topics, WAIT).toContain('heartbeat');
    await dispatch(hub, { topic: 'demo.told' });
    await expect.poll(() => topics, WAIT).toContain('demo.told');
    socket.close();
  });

  test('catches up after its own restart and after that of the hub', async () => {
    const port = Number(new URL(relay.url).port);
    expect(await relay.stop()).toBe(0);
    await dispatch(hub, { topic: 'demo.meanwhile' });
    relay = await startRelay({ port });
    await expectSame();
    expect(await hub.stop()).toBe(0);
    await expect.poll(() => healthOf(relay), WAIT).toBe(503);
    expect((await page(relay)).data.events.edges.length).toBeGreaterThan(4); // known callers still read
    expect((await dispatch(relay, { topic: 'demo.x' })).status).toBe(503);
    hub = await startHub(data.path, { port: Number(new URL(hub.url).port) });
    await dispatch(hub, { topic: 'demo.after' });
    await expectSame();
    expect(await healthOf(relay)).toBe(200);
  });

  test('takes a new copy when the hub has become another one', async () => {
    const port = Number(new URL(hub.url).port);
    await hub.stop();
    const other = temporaryFolder();
    hub = await startHub(other.path, { port, users: JSON.stringify(USERS) });
    await dispatch(hub, { topic: 'demo.other' });
    await expectSame();
    expect((await allEvents(hub)).length).toBe(1);
  });

  test('logs no credential', () => {
    expect(relay.output()).toContain('"route":"/graphql"');
    for (const key of Object.values(KEYS)) expect(relay.output()).not.toContain(key);
  });
});

test('a relay takes a snapshot of events as large as an import takes them', async () => {
  const folder = temporaryFolder();
  const at = '2026-01-01T00:00:00+00:00';
  const large = { topic: 'demo.large', status: 'finished', createdAt: at, updatedAt: at };
  const sizes = [450_000, 900_000, 450_000, 3_900_000];
  const lines = sizes.map((size, number) => {
    const text = 'x'.repeat(size);
    const id = `${number + 1}`.padStart(32, '0');
    return `${JSON.stringify({ ...large, id, description: text, payload: { text } })}\n`;
  });
  const file = join(folder.path, 'events.ndjson');
  writeFileSync(file, lines.reverse().join(''));
  const args = ['dist/hub/cli.js', 'import', '--data', join(folder.path, 'data'), file];
  expect(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout).toContain('4 events');
  const full = await startHub(folder.path);
  const behind = await startRelay({ upstream: full.url, follows: false });
  try {
    const all = async (server: { url: string }) =>
      (
        await fetch(`${server.url}/api/snapshot?payloads=true`, {
          headers: { 'x-api-key': KEYS.admin },
        })
      ).text();
    const linesOf = (text: string) => text.split('\n').slice(1);
    const there = linesOf(await all(full));
    expect(there.length).toBe(5);
    const isSame = async () => linesOf(await all(behind)).join('') === there.join('');
    await expect.poll(isSame, WAIT).toBe(true);
  } finally {
    await behind.stop();
    await full.stop();
    folder.remove();
  }
}, 60_000);

test('ten relay objects tell two hundred sockets everything, once and in order', async () => {
  const { wrong, relays } = await fanOut({ relays: 10, sockets: 200, events: 50 });
  expect(wrong).toBe(0);
  expect(relays).toBe(10);
});

test('a relay object has the payload of every event, also of one as large as events may be', async () => {
  const folder = temporaryFolder();
  const { miniflare, url } = await startWorkerd({
    folder: folder.path,
    bindings: {
      CUESHEET_USERS: JSON.stringify(USERS),
      CUESHEET_RELAYS: '1',
      CUESHEET_UPSTREAM_KEY: KEYS.service,
    },
  });
  try {
    const namespace = await miniflare.getDurableObjectNamespace('RELAYS');
    const object = namespace.get(namespace.idFromName('main/0'));
    const payloadOf = async (id: string) => {
      const headers = { 'x-api-key': KEYS.admin };
      const answer = await object.fetch(`http://relay/api/events/${id}`, { headers });
      return ((await answer.json()) as { payload?: unknown }).payload;
    };
    const payload = { large: 'x'.repeat(1_000_000) };
    const before = await dispatch({ url }, { topic: 'demo.a', payload });
    await expect.poll(() => payloadOf(before.body.id), WAIT).toEqual(payload);
    const after = await dispatch({ url }, { topic: 'demo.b', payload });
    await expect.poll(() => payloadOf(after.body.id), WAIT).toEqual(payload);
  } finally {
    await miniflare.dispose();
    folder.remove();
  }
}, 60_000);
