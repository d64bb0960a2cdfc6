import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import {
  type Answer,
  allEvents,
  call,
  type HubProcess,
  KEYS,
  startHub,
  temporaryFolder,
} from './hub-process.ts';

const folder = temporaryFolder();
let hub: HubProcess;

beforeAll(async () => {
  hub = await startHub(folder.path);
});
afterAll(async () => {
  await hub.stop();
  folder.remove();
});

const dispatch = (body: unknown, key: string = KEYS.manager) =>
  call(hub, 'POST', '/api/events', { key, body });

describe('bad input is answered in AYON’s words and stores nothing', () => {
  const validation = (path: string, method = 'POST') => ({
    code: 400,
    detail: `Request validation error in [${method}] ${path}`,
    path,
  });
  const cases: [string, () => Promise<{ status: number; body: unknown }>, number, object][] = [
    ['malformed JSON', () => dispatch('{"topic": '), 400, validation('/api/events')],
    [
      'malformed JSON without credentials',
      () => call(hub, 'POST', '/api/events', { body: '{' }),
      400,
      validation('/api/events'),
    ],
    [
      'no topic',
      () => dispatch({}),
      400,
      {
        traceback: 'topic: field required',
        errors: [{ loc: ['body', 'topic'], msg: 'field required', type: 'value_error.missing' }],
      },
    ],
    [
      'a wrong type',
      () => dispatch({ topic: 'demo.a', payload: 'x' }),
      400,
      { traceback: 'payload: value is not a valid dict' },
    ],
    [
      'null where none is allowed',
      () => dispatch({ topic: 'demo.a', summary: null }),
      400,
      { traceback: 'summary: none is not an allowed value' },
    ],
    ['a topic out of pattern', () => dispatch({ topic: 'a-b-c' }), 400, validation('/api/events')],
    [
      'a parent of wrong length',
      () => dispatch({ topic: 'demo.a', dependsOn: 'abc' }),
      400,
      validation('/api/events'),
    ],
    [
      'no credentials',
      () => call(hub, 'POST', '/api/events', { body: { topic: 'demo.a' } }),
      401,
      { code: 401, detail: 'Access token is missing' },
    ],
    [
      'a wrong key',
      () => dispatch({ topic: 'demo.a' }, 'wrong'),
      401,
      { code: 401, detail: 'Invalid API key' },
    ],
    [
      'a guest',
      () => dispatch({ topic: 'demo.a' }, KEYS.guest),
      403,
      { code: 403, detail: 'Guest users are not allowed to access this endpoint' },
    ],
    [
      'a normal user',
      () => dispatch({ topic: 'demo.a' }, KEYS.user),
      403,
      { code: 403, detail: 'Not allowed to update this event' },
    ],
    [
      'an unknown id',
      () => call(hub, 'GET', `/api/events/${'e'.repeat(32)}`, { key: KEYS.admin }),
      404,
      { code: 404, detail: 'Event not found' },
    ],
    [
      'a malformed id',
      () => call(hub, 'PATCH', '/api/events/ABC', { key: KEYS.admin, body: {} }),
      400,
      validation('/api/events/ABC', 'PATCH'),
    ],
    [
      'an unknown route',
      () => call(hub, 'GET', '/api/x', { key: KEYS.admin }),
      404,
      { code: 404, detail: 'API endpoint /api/x not found', path: '/api/x' },
    ],
    [
      'a wrong method',
      () => call(hub, 'PUT', '/api/events', { key: KEYS.admin, body: {} }),
      405,
      { detail: 'Method Not Allowed' },
    ],
    [
      'a body over the limit',
      () => dispatch({ topic: 'demo.a', description: 'x'.repeat(2 << 20) }),
      413,
      { code: 413 },
    ],
  ];
  test.each(cases)('%s', async (_title, ask, status, body) => {
    const before = await allEvents(hub);
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject(body);
    expect(await allEvents(hub)).toEqual(before);
  });

  test('a taken hash', async () => {
    expect((await dispatch({ topic: 'demo.hash', hash: 'taken' })).status).toBe(200);
    const before = await allEvents(hub);
    const answer = await dispatch({ topic: 'demo.other', hash: 'taken' });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 409, detail: 'Event with the same hash already exists' },
    });
    expect(await allEvents(hub)).toEqual(before);
  });
});

describe('REST', () => {
  test('an event is dispatched, read, changed and removed', async () => {
    const parent = await dispatch({ topic: 'demo.parent' });
    const { body } = await dispatch({
      topic: 'demo.child',
      dependsOn: parent.body.id,
      payload: { answer: 42 },
    });
    expect(body.id).toMatch(/^[0-9a-f]{32}$/);
    const read = await call(hub, 'GET', `/api/events/${body.id}`, { key: KEYS.user });
    expect(Object.keys(read.body)).toHaveLength(15);
    expect(read.body).toMatchObject({
      dependsOn: parent.body.id,
      payload: { answer: 42 },
      user: 'mona',
      senderType: 'api',
    });
    expect(read.headers.get('x-request-id')).toBeTruthy();
    const patch = { key: KEYS.manager, body: { status: 'failed', description: 'broke' } };
    expect((await call(hub, 'PATCH', `/api/events/${body.id}`, patch)).status).toBe(204);
    const blocked = await call(hub, 'DELETE', `/api/events/${parent.body.id}`, { key: KEYS.admin });
    expect(blocked).toMatchObject({ status: 409, body: { error: 'foreign-key-violation' } });
    for (const id of [body.id, parent.body.id, parent.body.id]) {
      expect((await call(hub, 'DELETE', `/api/events/${id}`, { key: KEYS.admin })).status).toBe(
        204,
      );
    }
  });

  test('a service acts as another user, an admin does not', async () => {
    const as = (key: string, name: string) =>
      call(hub, 'GET', '/api/users/me', { key, headers: { 'x-as-user': name } });
    expect((await as(KEYS.service, 'alice')).body.name).toBe('alice');
    expect((await as(KEYS.admin, 'alice')).body.name).toBe('adm');
    expect((await as(KEYS.service, 'nobody')).status).toBe(404);
  });

  test('login gives a session token that works, logout ends it', async () => {
    const login = (password: string) =>
      call(hub, 'POST', '/api/auth/login', { body: { name: 'adm', password } });
    expect(await login('wrong')).toMatchObject({
      status: 403,
      body: { detail: 'Invalid login/password combination' },
    });
    const { body } = await login('correct horse');
    expect(body.token).toMatch(/^[0-9a-f]{64}$/);
    const me = (authorization: string) =>
      call(hub, 'GET', '/api/users/me', { headers: { authorization } });
    expect((await me(`Bearer ${body.token}`)).body.name).toBe('adm');
    expect((await me(`Bearer ${body.token}x`)).status).toBe(401);
    expect((await call(hub, 'GET', `/api/users/me?token=${body.token}`)).status).toBe(200);
    const headers = { authorization: `Bearer ${body.token}` };
    await call(hub, 'POST', '/api/auth/logout', { headers });
    expect(await me(headers.authorization)).toMatchObject({
      status: 401,
      body: { detail: 'Invalid session' },
    });
  });
});

describe('GraphQL', () => {
  const ask = async (query: string, variables?: object, key: string = KEYS.manager) =>
    (await call(hub, 'POST', '/graphql', { key, body: { query, variables } })).body;

  test('the document of the AYON frontend is answered, aliases and empty cursors included', async () => {
    await dispatch({ topic: 'log.info', description: 'hello' });
    const body = await ask(
      `query EventsWithLogs($last: Int, $before: String, $beforeLogs: String, $filter: String) {
        events(last: $last, before: $before, includeLogs: false, filter: $filter) {
          edges { node { ...F } cursor } pageInfo { hasPreviousPage } }
        logs: events(last: $last, before: $beforeLogs, includeLogs: true, filter: $filter) {
          edges { node { ...F } cursor } pageInfo { hasPreviousPage } } }
      fragment F on EventNode { id topic user sender project description dependsOn updatedAt status }`,
      { last: 100, before: '', beforeLogs: '', filter: '' },
    );
    expect(body.errors).toBeUndefined();
    expect(body.data.logs.edges[0].node.topic).toBe('log.info');
    expect(body.data.events.edges.some((e: Answer) => e.node.topic === 'log.info')).toBe(false);
  });

  test('a refused argument is an error with a status, the HTTP status stays 200', async () => {
    const body = await ask('{ events(topics: ["%"]) { edges { cursor } } }');
    expect(body).toMatchObject({
      data: null,
      errors: [
        {
          message: 'topic does not match the regex',
          path: ['events'],
          extensions: { status: 400 },
        },
      ],
    });
    expect((await ask('{ nothing }')).errors).toHaveLength(1);
  });

  test('without credentials it is 401, a guest gets nothing', async () => {
    const query = '{ events { edges { cursor } } }';
    expect((await call(hub, 'POST', '/graphql', { body: { query } })).status).toBe(401);
    expect((await ask(query, {}, KEYS.guest)).data.events.edges).toEqual([]);
  });
});

describe('WebSocket', () => {
  const open = async () => {
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/ws`);
    const messages: Answer[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    await new Promise((resolve) => socket.once('open', resolve));
    return { socket, messages };
  };
  const token = async () => {
    const body = { name: 'adm', password: 'correct horse' };
    return (await call(hub, 'POST', '/api/auth/login', { body })).body.token as string;
  };
  const eventually = async (check: () => boolean, limitMs = 10_000) => {
    for (let waited = 0; waited < limitMs && !check(); waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(check()).toBe(true);
  };

  test('a subscriber gets its topics by prefix and a heartbeat; junk closes nothing', async () => {
    const { socket, messages } = await open();
    for (const junk of [
      '',
      'junk',
      '[]',
      '{"topic":1}',
      '{"topic":"auth"}',
      '\u0000'.repeat(1000),
    ]) {
      socket.send(junk);
    }
    socket.send(Buffer.from([1, 2, 3]));
    socket.send(JSON.stringify({ topic: 'auth', token: await token(), subscribe: ['entity'] }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await dispatch({ topic: 'other.thing' });
    const { body } = await dispatch({ topic: 'entity.task.created', project: 'demo' });
    await eventually(() => messages.some((m) => m.topic === 'heartbeat'));
    const events = messages.filter((m) => m.topic !== 'heartbeat');
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ id: body.id, progress: 100, store: true, project: 'demo' });
    expect(Object.keys(events[0])).toHaveLength(14);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.close();
  });

  test('who does not authenticate is closed with 1000 and hears nothing', async () => {
    const { socket, messages } = await open();
    const code = await new Promise((resolve) => socket.once('close', resolve));
    expect(code).toBe(1000);
    expect(messages).toEqual([]);
  });
});

test('sessions survive a restart, SIGTERM ends with code 0', async () => {
  const own = temporaryFolder();
  const first = await startHub(own.path);
  const token = first.link.split('=')[1] as string;
  expect(await first.stop()).toBe(0);
  const second = await startHub(own.path);
  const headers = { authorization: `Bearer ${token}` };
  expect((await call(second, 'GET', '/api/users/me', { headers })).body.name).toBe('adm');
  await second.stop();
  own.remove();
});

test('every event whose POST was answered is there after SIGKILL in the middle of writes', async () => {
  const own = temporaryFolder();
  const answered: string[] = [];
  for (let round = 0; round < 3; round++) {
    const victim = await startHub(own.path);
    let running = true;
    const writers = Array.from({ length: 8 }, async () => {
      while (running) {
        const body = { topic: 'demo.crash', description: 'x'.repeat(300) };
        const answer = await call(victim, 'POST', '/api/events', { key: KEYS.service, body }).catch(
          () => null,
        );
        if (answer?.status === 200) answered.push(answer.body.id);
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 250 + round * 130));
    await victim.stop('SIGKILL');
    running = false;
    await Promise.all(writers);
  }
  const survivor = await startHub(own.path);
  const there = new Set((await allEvents(survivor)).map((event) => event.id));
  expect(answered.length).toBeGreaterThan(50);
  expect(answered.filter((id) => !there.has(id))).toEqual([]);
  expect(new Set(answered).size).toBe(answered.length);
  await survivor.stop();
  own.remove();
});

test('a second hub on the same folder is refused with a sentence', async () => {
  await expect(startHub(folder.path)).rejects.toThrow(/is used by the hub with process id \d+/);
});

test('a users file with a mistake is refused with the place of it', async () => {
  const own = temporaryFolder();
  const flags = ['--users', 'package.json', '--no-sample'];
  await expect(startHub(own.path, { flags })).rejects.toThrow(
    'package.json: expected a list of users',
  );
  own.remove();
});
