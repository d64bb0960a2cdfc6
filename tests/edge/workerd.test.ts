import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { closeCode, eventually, openSocket } from './conformance/listener.ts';
import { allEvents, call, KEYS, temporaryFolder, USERS } from './hub-process.ts';
import { startWorkerd, type Workerd, type WorkerdOptions } from './workerd.ts';

/** workerd evicts an object that was idle for 10 s; after a login an alarm rings for 4 s. */
const IDLE_MS = 16_000;
const EVICTIONS = 3;
const CRASHES = 20;
const WRITERS = 8;

const entry = 'tests/edge/evictable-hub.ts';
/** It has relays too. */
const EXAMPLE = 'examples/cloudflare-hub/index.ts';
const folder = temporaryFolder();
let running: Workerd | undefined;

async function start(bindings: Record<string, string>, options: Partial<WorkerdOptions> = {}) {
  running = await startWorkerd({ folder: folder.path, bindings, entry, ...options });
  return running;
}
afterEach(async () => {
  await running?.miniflare.dispose();
  running = undefined;
  folder.remove();
});

/** Which life of the object answers. */
const life = async (hub: { url: string }) => (await fetch(`${hub.url}/life`)).text();
const users = (name = 'svc', apiKey = KEYS.service) =>
  JSON.stringify([{ name, apiKey, data: { isService: true } }]);
const dispatch = (hub: { url: string }, topic: string, hash?: string) =>
  call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic, ...(hash && { hash }) } });

test('an object that is evicted between two messages loses nothing, and its sockets go on', async () => {
  const hub = await start({
    CUESHEET_USERS: JSON.stringify(USERS),
    CUESHEET_HEARTBEAT_SECONDS: '600',
  });
  const join = async (key: string, message: object) => {
    await call(hub, 'GET', '/api/users/me', { key });
    const opened = await openSocket(hub.url);
    opened.socket.send(JSON.stringify({ topic: 'auth', token: key, ...message }));
    return opened;
  };
  const manager = await join(KEYS.manager, { subscribe: ['render', 'entity'] });
  const user = await join(KEYS.user, { subscribe: ['*'], project: 'demo' });
  const many = Array.from({ length: 900 }, (_, number) => `some.longer.topic.${number}`);
  const wide = await join(KEYS.manager, { subscribe: [...many, 'entity'] });

  const lives = new Set([await life(hub)]);
  const stored: string[] = [];
  const expected: { manager: string[]; user: string[]; wide: string[] } = {
    manager: [],
    user: [],
    wide: [],
  };
  await sleep(500); // the logins
  for (let eviction = 0; eviction < EVICTIONS; eviction++) {
    await sleep(IDLE_MS);
    for (const [topic, project, hearers] of [
      ['render.shot', 'demo', ['manager', 'user']],
      ['render.shot', 'other', ['manager']],
      ['entity.task', 'demo', ['manager', 'user', 'wide']],
      ['log.info', null, ['user']],
    ] as const) {
      const mark = `${eviction}: ${topic} of ${project}`;
      const answer = await call(hub, 'POST', '/api/events', {
        key: KEYS.service,
        body: { topic, project, description: mark },
      });
      expect(answer.status).toBe(200);
      stored.push(answer.body.id);
      for (const hearer of hearers) expected[hearer].push(mark);
    }
    lives.add(await life(hub));
  }
  const told = ({ heard }: { heard: { topic: string; description: string }[] }) =>
    heard.filter(({ topic }) => topic !== 'heartbeat').map(({ description }) => description);
  await eventually(() => told(user).length >= expected.user.length, 'the messages');
  await sleep(200);
  expect(lives.size).toBe(EVICTIONS + 1); // it was evicted each time
  expect({ manager: told(manager), user: told(user), wide: told(wide) }).toEqual(expected);
  expect((await allEvents(hub)).map(({ id }) => id)).toEqual(stored);
  for (const { socket } of [manager, user, wide]) {
    expect(socket.readyState).toBe(socket.OPEN);
    socket.terminate();
  }
}, 90_000);

test('a socket that follows the change feed goes on where it was when its object was evicted', async () => {
  const hub = await start({
    CUESHEET_USERS: JSON.stringify(USERS),
    CUESHEET_HEARTBEAT_SECONDS: '600',
  });
  await call(hub, 'GET', '/api/users/me', { key: KEYS.manager });
  const { socket, heard } = await openSocket(hub.url);
  socket.send(JSON.stringify({ topic: 'auth', token: KEYS.manager, since: 0, snapshot: false }));
  await eventually(() => heard.length > 0, 'the answer to the login');
  const batch = Array.from({ length: 1000 }, () => ({ topic: 'render.shot' }));
  await call(hub, 'POST', '/api/events/batch', { key: KEYS.service, body: batch });
  const batches = () => heard.filter(({ topic }) => topic === 'cuesheet.changes');
  const sequences = () =>
    batches().flatMap(({ changes }) =>
      changes.map((change: { sequence: number }) => change.sequence),
    );
  const ack = () => socket.send(JSON.stringify({ topic: 'ack', sequence: batches().at(-1)?.next }));
  await eventually(() => sequences().length > 0, 'the first batch');
  const before = await life(hub);
  await sleep(IDLE_MS);
  expect(await life(hub)).not.toBe(before);
  await eventually(() => {
    ack();
    return sequences().length >= 1000;
  }, 'all changes');
  await dispatch(hub, 'render.shot');
  await eventually(() => sequences().length >= 1001, 'a change after that');
  expect(sequences()).toEqual(Array.from({ length: 1001 }, (_, index) => index + 1));
  socket.terminate();
}, 60_000);

test('an object that crashes under load twenty times loses no acknowledged write', async () => {
  const hub = await start({ CUESHEET_USERS: JSON.stringify(USERS) }, { quiet: true });
  const acknowledged: string[] = [];
  let stop = false;
  const writer = async (number: number) => {
    for (let count = 0; !stop; count++) {
      const hash = `${number}-${count}`;
      try {
        const { status } = await dispatch(hub, 'crash.load', hash);
        if (status === 200) acknowledged.push(hash);
        else await sleep(5);
      } catch {
        await sleep(5); // the object was evicted
      }
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, number) => writer(number));
  const lives = new Set<string>();
  for (let crash = 0; crash < CRASHES; crash++) {
    const before = acknowledged.length;
    await eventually(() => acknowledged.length > before + WRITERS, 'writes');
    lives.add(await life(hub));
    await fetch(`${hub.url}/crash`);
  }
  stop = true;
  await Promise.all(writers);
  expect(lives.size).toBe(CRASHES);
  const query = '{ events(last: 5000, topics: ["crash.load"]) { edges { node { hash } } } }';
  const { body } = await call(hub, 'POST', '/graphql', { key: KEYS.admin, body: { query } });
  const found = new Set(
    body.data.events.edges.map(({ node }: { node: { hash: string } }) => node.hash),
  );
  expect(acknowledged.filter((hash) => !found.has(hash))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(CRASHES * WRITERS);
});

test('what is stored is there after the runtime was restarted', async () => {
  const first = await start({ CUESHEET_USERS: users() });
  const { body } = await dispatch(first, 'demo.kept');
  await first.miniflare.dispose();
  const second = await start({ CUESHEET_USERS: users() });
  expect((await allEventsOf(second)).map(({ id }) => id)).toEqual([body.id]);
});

test('tenants have a hub each, by the name before the domain; any other address has none', async () => {
  const { miniflare } = await start({
    CUESHEET_DOMAIN: 'hub.example',
    CUESHEET_USERS: `{"north": ${users('n', 'north-key')}, "south": ${users('s', 'south-key')}}`,
  });
  const ask = async (host: string, key: string, body?: object) => {
    const response = await miniflare.dispatchFetch(`http://${host}/api/events`, {
      method: 'POST',
      headers: { 'x-api-key': key },
      body: JSON.stringify(body ?? { topic: 'demo.tenant', hash: 'one' }),
    });
    return response.status;
  };
  expect(await ask('north.hub.example', 'north-key')).toBe(200);
  expect(await ask('south.hub.example', 'north-key')).toBe(401);
  expect(await ask('south.hub.example', 'south-key')).toBe(200);
  expect(await ask('south.hub.example', 'south-key')).toBe(409);
  expect(await ask('east.hub.example', 'north-key')).toBe(503);
  for (const host of ['hub.example', 'a.north.hub.example', 'north.example', 'evilhub.example']) {
    expect([host, await ask(host, 'north-key')]).toEqual([host, 404]);
  }
});

test('users that are set by RPC stay, replace those before, and close nobody’s socket', async () => {
  const hub = await start({});
  expect((await dispatch(hub, 'demo.a')).status).toBe(503);
  const object = await hub.hub();
  await expect(object.setUsers('[{}]')).rejects.toThrow();
  await object.setUsers(users());
  expect((await dispatch(hub, 'demo.a')).status).toBe(200);
  await call(hub, 'GET', '/api/users/me', { key: KEYS.service });
  const { socket, heard } = await openSocket(hub.url);
  socket.send(JSON.stringify({ topic: 'auth', token: KEYS.service, subscribe: ['*'] }));
  await sleep(200);
  await object.setUsers(users('new', 'new-key'));
  expect((await dispatch(hub, 'demo.a')).status).toBe(401);
  const body = { topic: 'demo.b' };
  expect((await call(hub, 'POST', '/api/events', { key: 'new-key', body })).status).toBe(200);
  await eventually(() => heard.some(({ topic }) => topic === 'demo.b'), 'the message');
  socket.terminate();
});

test.each(['[{"name": "svc", "apiKey": service-key}]', '5', '[{"apiKey": "service-key"}]'])(
  'users that cannot be read are no users, and nobody is told what the secret is: %s',
  async (secret) => {
    const hub = await start({ CUESHEET_USERS: secret });
    const { status, body } = await dispatch(hub, 'demo.a');
    expect([status, body]).toEqual([
      503,
      { code: 503, detail: 'This hub has no users: set CUESHEET_USERS' },
    ]);
  },
);

test('a frame over the limit closes its socket with 1009', async () => {
  const hub = await start({ CUESHEET_USERS: users() });
  const { socket } = await openSocket(hub.url);
  socket.send('x'.repeat((1 << 20) + 1));
  expect(await closeCode(socket)).toBe(1009);
});

test.each([
  ['a hub', {}],
  ['a relay', { CUESHEET_RELAYS: '1', CUESHEET_UPSTREAM_KEY: KEYS.service }],
])('%s answers the close frame of its client', async (_, bindings) => {
  const hub = await start({ CUESHEET_USERS: users(), ...bindings }, { entry: EXAMPLE });
  const { socket } = await openSocket(hub.url);
  let code = 0;
  socket.once('close', (closed) => (code = closed));
  socket.close(1000);
  // Without an answer the client gives up after 30 s, with 1006.
  await eventually(() => code !== 0, 'the close frame is answered');
  expect(code).toBe(1005); // an answer without a code of its own
});

async function allEventsOf(hub: { url: string }): Promise<{ id: string }[]> {
  const query = '{ events(first: 100) { edges { node { id } } } }';
  const { body } = await call(hub, 'POST', '/graphql', { key: KEYS.service, body: { query } });
  return body.data.events.edges.map(({ node }: { node: { id: string } }) => node);
}
