import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
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

const dispatch = (body: unknown) => call(hub, 'POST', '/api/events', { key: KEYS.manager, body });

describe('bad input is answered in AYON’s words and stores nothing', () => {
  const validation = {
    code: 400,
    detail: 'Request validation error in [POST] /api/events',
    path: '/api/events',
    errors: [{ loc: ['body'], type: 'value_error.jsondecode' }],
  };
  const cases: [string, () => Promise<{ status: number; body: unknown }>, number, object][] = [
    ['malformed JSON', () => dispatch('{"topic": '), 400, validation],
    [
      'malformed JSON without credentials',
      () => call(hub, 'POST', '/api/events', { body: '{' }),
      400,
      validation,
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
