import { readFile } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import type { HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import {
  type ClientSocket,
  createCredentials,
  createHub,
  type Hub,
  type HubOptions,
  type LogFields,
  parseUsers,
  type Upstream,
} from '../../worker/edge/hub.ts';

const USERS = [
  { name: 'svc', apiKey: 'service', data: { isService: true } },
  { name: 'mona', apiKey: 'manager', data: { isManager: true } },
];
const WAIT = { timeout: 10_000 };

const running: Hub[] = [];
afterEach(async () => {
  for (const hub of running.splice(0)) await hub.close().catch(() => {});
});

/** A hub in this process, as in a user's own program, and what it logs. */
async function embed(options: Partial<HubOptions> = {}) {
  const logged: { level: string; message: string; fields: LogFields }[] = [];
  const storage = { load: () => null, save: () => undefined };
  const hub = await createHub({
    wasm: new WebAssembly.Module(await readFile('build/wasm-release/wasm/cuesheet-hub.wasm')),
    files: memoryFiles(),
    credentials: createCredentials(await parseUsers(JSON.stringify(USERS)), storage),
    log: (level, message, fields = {}) => void logged.push({ level, message, fields }),
    ...options,
  });
  running.push(hub);
  const errors = () =>
    logged.filter(({ level }) => level === 'error').map(({ message }) => message);
  return { hub, logged, errors };
}

async function ask(hub: Hub, path: string, key?: string, body?: object) {
  const response = await hub.fetch(
    new Request(`http://hub${path}`, {
      method: body ? 'POST' : 'GET',
      headers: key === undefined ? {} : { 'x-api-key': key },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
  return { status: response.status, text: await response.text() };
}

/** Lines as `cuesheet export` writes them. */
const lines = (count: number) =>
  Array.from({ length: count }, (_, number) => {
    const time = new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString();
    const id = number.toString(16).padStart(32, 'e');
    return `${JSON.stringify({ id, topic: 'demo.job', createdAt: time, updatedAt: time })}\n`;
  }).join('');

test('events of another hub are taken in, once; too many at a time are refused', async () => {
  const { hub } = await embed();
  expect(await hub.importLines(lines(5))).toMatchObject({ events: 5, known: 0 });
  expect(await hub.importLines(lines(7))).toMatchObject({ events: 2, known: 5 });
  expect(hub.events()).toBe(7);
  expect(hub.memoryBytes()).toBeGreaterThan(1 << 20);
  const tooLarge = `${JSON.stringify({ topic: 'demo.a', payload: { text: 'x'.repeat(17 << 20) } })}\n`;
  await expect(hub.importLines(tooLarge)).rejects.toMatchObject({ code: 'too_large' });
  expect(hub.events()).toBe(7);
});

test('without a page the hub says what it is, and any other path is 404', async () => {
  const { hub } = await embed();
  expect(await ask(hub, '/')).toEqual({ status: 200, text: 'cuesheet hub' });
  expect(await ask(hub, '/page.js')).toEqual({ status: 404, text: 'not found' });
  expect((await ask(hub, '/api/nothing', 'service')).status).toBe(404);
});

test('an error nobody thought of is 500, and logged by its route without the address', async () => {
  const page = () => Promise.reject(new Error('the disk has gone'));
  const { hub, errors } = await embed({ page });
  const { status, text } = await ask(hub, '/secret?token=abc');
  expect(status).toBe(500);
  expect(JSON.parse(text)).toEqual({ status: 500, detail: 'Error: the disk has gone' });
  expect(errors()).toHaveLength(1);
  expect(errors()[0]).toMatch(/^GET .*: the disk has gone$/);
  expect(errors()[0]).not.toMatch(/abc|secret/);
});

test('a hub that cannot save says so until it can', async () => {
  const disk = { isFull: true };
  const memory = memoryFiles();
  const files: HostFiles = {
    ...memory,
    commit() {
      tries++;
      return disk.isFull ? Promise.reject(new Error('no space left')) : Promise.resolve();
    },
  };
  let tries = 0;
  const { hub, errors } = await embed({ files });
  expect((await ask(hub, '/healthz')).status).toBe(200);
  expect((await ask(hub, '/api/events', 'service', { topic: 'demo.a' })).status).toBe(500);
  const sick = await ask(hub, '/healthz');
  expect(sick.status).toBe(503);
  expect(sick.text).toContain('could not be saved');
  // Tried again meanwhile, and logged once.
  expect(errors()[0]).toBe('saving failed, will try again: no space left');
  const saving = () => errors().filter((message) => message.startsWith('saving failed'));
  await expect.poll(() => tries, WAIT).toBeGreaterThan(2);
  expect(saving()).toHaveLength(1);
  disk.isFull = false;
  expect((await ask(hub, '/api/events', 'service', { topic: 'demo.b' })).status).toBe(200);
  expect((await ask(hub, '/healthz')).status).toBe(200);
});

test('a checkpoint that fails is counted, logged once, and written by a later commit', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const disk = { isBad: true };
  const files = memoryFiles();
  const write = (name: string, bytes: Uint8Array) => {
    if (disk.isBad && name.startsWith('block-')) throw new Error('a bad sector');
    files.write(name, bytes);
  };
  try {
    const { hub, logged, errors } = await embed({ files: { ...files, write } });
    const figure = async (name: string) =>
      new RegExp(`^# TYPE cuesheet_${name} counter\ncuesheet_${name} (\\d+)$`, 'm').exec(
        (await ask(hub, '/metrics', 'service')).text,
      )?.[1];
    const failed = () => figure('checkpoints_failed_total');
    const dispatch = async (payload: object) => {
      const body = { topic: 'demo.a', payload };
      expect((await ask(hub, '/api/events', 'service', body)).status).toBe(200);
    };
    expect(await failed()).toBe('0');
    for (let count = 0; count < 2; count++) await dispatch({ text: 'x'.repeat(900_000) });
    await expect.poll(failed).toBe('1');
    await dispatch({}); // too early for the next attempt
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await failed()).toBe('1');
    for (let attempt = 2; attempt <= 4; attempt++) {
      vi.advanceTimersByTime(10_000);
      await dispatch({});
      await expect.poll(failed).toBe(String(attempt));
    }
    expect(errors()).toEqual([
      expect.stringMatching(/^no checkpoint could be written, .*: .*a bad sector/),
    ]);
    expect(await figure('commits_failed_total')).toBe('0');
    expect((await ask(hub, '/healthz')).status).toBe(200); // everything is saved
    expect(files.list().some((name) => name.startsWith('manifest-'))).toBe(false);

    disk.isBad = false;
    vi.advanceTimersByTime(10_000);
    await dispatch({});
    await expect.poll(() => files.list().some((name) => name.startsWith('manifest-'))).toBe(true);
    const isLogged = () =>
      logged.some(({ message }) => message === 'a checkpoint was written again');
    await expect.poll(isLogged).toBe(true);
    expect(await failed()).toBe('4');
  } finally {
    vi.useRealTimers();
  }
});

test('metrics are for services and admins; a hub that stops has neither health nor figures', async () => {
  const { hub } = await embed();
  expect((await ask(hub, '/metrics')).status).toBe(401);
  expect((await ask(hub, '/metrics', 'manager')).status).toBe(403);
  const { status, text } = await ask(hub, '/metrics', 'service');
  expect(status).toBe(200);
  expect(text).toMatch(/^cuesheet_events 0$/m);
  await hub.close();
  for (const path of ['/healthz', '/metrics']) {
    const answer = await ask(hub, path, 'service');
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('The hub is stopping');
  }
});

test('a socket that throws, and a login that fails, harm nobody else', async () => {
  const storage = { load: () => null, save: () => undefined };
  const good = createCredentials(await parseUsers(JSON.stringify(USERS)), storage);
  const { hub, logged, errors } = await embed({
    credentials: {
      ...good,
      byToken: (token) =>
        token === 'broken' ? Promise.reject(new Error('no user database')) : good.byToken(token),
    },
  });
  await ask(hub, '/api/users/me', 'service'); // opens the key's session
  const login = (token: string) => JSON.stringify({ topic: 'auth', token, subscribe: ['*'] });
  const heard: string[] = [];
  const gone = {
    send: () => {
      throw new Error('the socket is closing');
    },
    close: () => undefined,
  };
  const closing = hub.openSocket(gone);
  const listening = hub.openSocket({ send: (text) => heard.push(text), close: () => undefined });
  await hub.openSocket(gone).message(login('broken'));
  await closing.message(login('service'));
  await listening.message(login('service'));
  await ask(hub, '/api/events', 'service', { topic: 'demo.a' });
  await expect.poll(() => heard.length, WAIT).toBeGreaterThan(0);
  expect(errors()).toEqual(['a message of a socket was not taken: no user database']);
  expect(logged).toContainEqual({
    level: 'info',
    message: 'not sent',
    fields: { reason: 'the socket is closing' },
  });
});

test('a relay needs a WebSocket, and says so', async () => {
  const upstream = {
    apiKey: 'key',
    fetch: () => Promise.resolve(new Response('{}', { status: 404 })),
  };
  const { hub, errors } = await embed({ upstream: upstream as unknown as Upstream });
  await expect
    .poll(errors, WAIT)
    .toEqual(['the upstream: there are no WebSockets to follow it by']);
  expect((await ask(hub, '/healthz')).status).toBe(503);
});

/** A socket of a hub that answers every login like this. */
function socketSaying(text: string): ClientSocket {
  const hear = (name: 'onopen' | 'onmessage' | 'onclose', event: object) =>
    setTimeout(() => socket[name]?.(event as never));
  const socket: ClientSocket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    readyState: 1,
    send: () => void hear('onmessage', { data: text }),
    close: () => void hear('onclose', { code: 1000 }),
  };
  hear('onopen', {});
  return socket;
}

const LINES = { status: 200, headers: { 'content-type': 'application/x-ndjson' } };

test('a relay whose upstream answers nonsense or nothing is not ready, and asks again', async () => {
  const answers = [
    () => Promise.reject(new Error('connection refused')),
    () => Promise.resolve(new Response('busy', { status: 503 })),
    () => Promise.resolve(new Response(null, { status: 200 })),
    () => Promise.resolve(new Response('{"sequence":1', LINES)),
    () => Promise.resolve(new Response('no event\n', LINES)),
    () => Promise.resolve(new Response('<title>Sign in</title>', { status: 200 })),
  ];
  let asked = 0;
  const upstream: Upstream = {
    apiKey: 'key',
    fetch: (path) =>
      path === '/api/users/me'
        ? Promise.resolve(new Response('{}'))
        : (answers[asked++ % answers.length] as () => Promise<Response>)(),
    openSocket: () => socketSaying('{"topic":"cuesheet.gone","code":410}'),
  };
  const { hub, errors } = await embed({ upstream });
  await expect.poll(() => errors().length, { timeout: 45_000 }).toBeGreaterThanOrEqual(6);
  expect(errors().slice(0, 4)).toEqual([
    'the upstream: connection refused',
    'the upstream: GET /api/snapshot is answered with 503',
    'the upstream: the snapshot is empty',
    'the upstream: the snapshot was cut off',
  ]);
  expect(errors()[4]).toMatch(/^the upstream: 'snapshot' was refused: /);
  expect(errors().slice(5)).toContain(
    'the upstream: something else than a hub answers GET /api/snapshot (text/plain;charset=UTF-8)',
  );
  expect(hub.events()).toBe(0);
  const health = await ask(hub, '/healthz');
  expect(health.status).toBe(503);
  expect(health.text).toContain('The upstream does not answer');
}, 60_000);

test('a relay reads only the beginning of what has no end and is no snapshot', async () => {
  let isCancelled = false;
  const endless = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(16 << 10)),
      cancel() {
        isCancelled = true;
      },
    });
  const upstream: Upstream = {
    apiKey: 'key',
    fetch: (path) =>
      Promise.resolve(new Response(path === '/api/users/me' ? '{}' : endless(), { status: 200 })),
    openSocket: () => socketSaying('{"topic":"cuesheet.gone","code":410}'),
  };
  const { errors } = await embed({ upstream });
  const text =
    'the upstream: something else than a hub answers GET /api/snapshot (no content type)';
  await expect.poll(() => errors()[0], WAIT).toBe(text);
  expect(isCancelled).toBe(true);
});

test('a relay whose upstream tells changes that are none takes a snapshot instead', async () => {
  const asked: string[] = [];
  const upstream: Upstream = {
    apiKey: 'key',
    fetch: (path) => {
      asked.push(path);
      const times = '"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"';
      const event = `{"id":"e${'0'.repeat(30)}1","topic":"a.b",${times}}`;
      return Promise.resolve(new Response(`{"sequence":7,"store":"s"}\n${event}\n`, LINES));
    },
    openSocket: () =>
      socketSaying(
        '{"topic":"cuesheet.changes","changes":[{"event":{}}],"next":1,"payloads":true,"store":"s"}',
      ),
  };
  const { hub, errors } = await embed({ upstream });
  await expect.poll(() => hub.events(), { timeout: 30_000 }).toBe(1);
  expect(asked.slice(0, 2)).toEqual(['/api/users/me', '/api/users/me']);
  expect(asked[2]).toBe('/api/snapshot?form=columns&end=true&payloads=true');
  expect(errors()[0]).toMatch(/^the upstream: 'message' was refused: /);
}, 60_000);
