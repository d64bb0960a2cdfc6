import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, type HubProcess, KEYS, startHub, temporaryFolder } from './hub-process.ts';

const folder = temporaryFolder();
let hub: HubProcess;

beforeAll(async () => {
  hub = await startHub(folder.path);
});
afterAll(async () => {
  await hub.stop();
  folder.remove();
});

const alive = async () => (await call(hub, 'GET', '/api/info')).status;

/** Sends bytes over a bare connection and gives the first line of the answer. */
function raw(text: string, options: { reset?: boolean } = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(hub.url).port), '127.0.0.1');
    let answer = '';
    socket.setTimeout(3000, () => socket.destroy());
    socket.on('data', (data) => (answer += data));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''));
    socket.write(text, () => options.reset && socket.resetAndDestroy());
  });
}

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

test('an upgrade of a path that is no URL is refused and does not end the hub', async () => {
  expect(await raw(upgrade('//'))).toBe('HTTP/1.1 404 Not Found');
  expect(await alive()).toBe(200);
});

test('connections that are reset during a refused upgrade do not end the hub', async () => {
  const resets = Array.from({ length: 50 }, () => raw(upgrade('/nothing'), { reset: true }));
  await Promise.all(resets);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await alive()).toBe(200);
});

test('a path that is no UTF-8 is 404', async () => {
  const request = 'GET /%E0%A4%A.js HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n';
  expect(await raw(request)).toBe('HTTP/1.1 404 Not Found');
});

test.each(['../package.json', '..%2f..%2fpackage.json', '%2e%2e/hub/cli.js'])(
  'the page folder does not give out /%s',
  async (path) => {
    const request = `GET /${path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n`;
    expect(await raw(request)).toBe('HTTP/1.1 404 Not Found');
  },
);

test('a body over 8 MiB is 413 with code and detail', async () => {
  const body = JSON.stringify({ topic: 'demo.a', description: 'x'.repeat(9 << 20) });
  const answer = await call(hub, 'POST', '/api/events', { key: KEYS.service, body });
  expect(answer).toMatchObject({
    status: 413,
    body: { code: 413, detail: 'the body is larger than 8388608 bytes' },
  });
});

test('headers over 16 KiB are refused, the hub lives on', async () => {
  const request = `GET /api/info HTTP/1.1\r\nHost: hub\r\nX-Sender: ${'x'.repeat(40_000)}\r\n\r\n`;
  expect(await raw(request)).toContain('431');
  expect(await alive()).toBe(200);
});

test.each([
  'GET /api/events',
  'PUT /api/events',
  'POST /api/info',
  'PATCH /api/users/me',
  'GET /api/auth/login',
  'DELETE /graphql',
])('%s is 405', async (line) => {
  const [method = '', path = ''] = line.split(' ');
  const answer = await call(hub, method, path, { key: KEYS.admin });
  expect(answer).toMatchObject({ status: 405, body: { detail: 'Method Not Allowed' } });
});

test.each([
  ['null', ['body', 'name'], 'type_error.str'],
  ['[]', ['body', 'name'], 'type_error.str'],
  ['{"name":"adm","password":5}', ['body', 'password'], 'type_error.str'],
  ['{"name":', ['body'], 'value_error.jsondecode'],
])('a login with the body %s is a validation error', async (body, loc, type) => {
  const answer = await call(hub, 'POST', '/api/auth/login', { body });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({
    code: 400,
    detail: 'Request validation error in [POST] /api/auth/login',
    errors: [{ loc, type }],
  });
});

test('the eleventh login of a minute is 503', async () => {
  const body = { name: 'adm', password: 'wrong' };
  const statuses: number[] = [];
  for (let i = 0; i < 11; i++) {
    statuses.push((await call(hub, 'POST', '/api/auth/login', { body })).status);
  }
  expect(new Set(statuses.slice(0, 10))).toEqual(new Set([403]));
  expect(statuses[10]).toBe(503);
});

test('no credential stands in what the hub printed', () => {
  const printed = hub.output().replace(hub.link, '');
  for (const secret of [...Object.values(KEYS), 'correct horse']) {
    expect(printed).not.toContain(secret);
  }
});

test.each([
  ['POST', '/api/events'],
  ['POST', '/api/query'],
])('JSON that is nested deeper than 64 is refused: %s %s', async (method, path) => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const body = `{"topic":"demo.deep","payload":{"a":${nested(64)}}}`;
  const answer = await call(hub, method, path, { key: KEYS.service, body });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(await alive()).toBe(200);
});

test('answers are not to be guessed at, pages tell nobody where they were', async () => {
  for (const path of ['/', '/docs', '/api/info', '/nothing']) {
    const { headers } = await fetch(hub.url + path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const isPage = headers.get('content-type')?.startsWith('text/html');
    expect(isPage).toBe(path === '/' || path === '/docs');
    if (!isPage) continue;
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toMatch(/default-src '(self|none)'/);
  }
});
