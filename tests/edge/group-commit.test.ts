import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { HostFiles } from '../../wasm/host-files.ts';
import { createHub, createCredentials, type Hub, parseUsers } from '../../worker/edge/hub.ts';

/** Files in memory whose commit ends when, and as, the test says. */
function slowFiles() {
  const files = new Map<string, Uint8Array>();
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const bytes = (name: string) => files.get(name) ?? new Uint8Array();
  const host: HostFiles = {
    list: () => [...files.keys()],
    size: (name) => files.get(name)?.length ?? -1,
    read: (name, offset, length) => bytes(name).slice(offset, offset + length),
    append: (name, more) => void files.set(name, new Uint8Array([...bytes(name), ...more])),
    truncate: (name, length) => void files.set(name, bytes(name).slice(0, length)),
    write: (name, all) => void files.set(name, all.slice()),
    rename(from, to) {
      files.set(to, bytes(from));
      files.delete(from);
    },
    remove: (name) => void files.delete(name),
    isLoaded: () => true,
    load: () => Promise.resolve(),
    unload() {},
    commit: () => new Promise<void>((resolve, reject) => waiting.push({ resolve, reject })),
  };
  const next = async () => {
    for (let i = 0; i < 200 && waiting.length === 0; i++)
      await new Promise((r) => setTimeout(r, 10));
    const commit = waiting.shift();
    if (!commit) throw new Error('the hub asked for no commit');
    return commit;
  };
  return { host, next, commits: () => waiting.length };
}

async function newHub(host: HostFiles, origins?: string[]): Promise<Hub> {
  const users = JSON.stringify([{ name: 'svc', apiKey: 'key', data: { isService: true } }]);
  const storage = { load: () => null, save: () => undefined };
  return createHub({
    wasm: new WebAssembly.Module(await readFile('build/wasm-release/wasm/cuesheet-hub.wasm')),
    files: host,
    credentials: createCredentials(await parseUsers(users), storage),
    ...(origins && { origins }),
  });
}

const ask = (hub: Hub, method: string, path: string, body?: object, headers: object = {}) =>
  hub.fetch(
    new Request(`http://hub${path}`, {
      method,
      headers: { 'x-api-key': 'key', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
const dispatch = (hub: Hub, body: object = { topic: 'demo.a' }) =>
  ask(hub, 'POST', '/api/events', body);
const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

test('an answer and its message leave only after the commit; later writers share the next one', async () => {
  const files = slowFiles();
  const hub = await newHub(files.host);
  const heard: string[] = [];
  const socket = hub.openSocket({ send: (text) => heard.push(text), close: () => undefined });
  expect((await ask(hub, 'GET', '/api/users/me')).status).toBe(200); // opens the key's session
  socket.message(JSON.stringify({ topic: 'auth', token: 'key', subscribe: ['*'] }));
  await pause();

  const answers: number[] = [];
  const write = () => dispatch(hub).then((response) => answers.push(response.status));
  const first = write();
  const commit = await files.next();
  const later = [write(), write(), write()];
  await pause();
  expect([answers, heard, files.commits()]).toEqual([[], [], 0]);
  expect((await ask(hub, 'POST', '/api/events', {})).status).toBe(400); // rests on nothing stored
  commit.resolve();
  await first;
  expect([answers, heard.length]).toEqual([[200], 1]);
  (await files.next()).resolve();
  await Promise.all(later);
  expect([answers.length, heard.length, files.commits()]).toEqual([4, 4, 0]);
  await hub.close();
  socket.message('late frames are ignored');
  socket.closed();
  expect((await dispatch(hub)).status).toBe(503);
});

test('a failed commit is 500 for its writers, tells nobody, and is tried again', async () => {
  const files = slowFiles();
  const hub = await newHub(files.host);
  const heard: string[] = [];
  const socket = hub.openSocket({ send: (text) => heard.push(text), close: () => undefined });
  await ask(hub, 'GET', '/api/users/me');
  socket.message(JSON.stringify({ topic: 'auth', token: 'key', subscribe: ['*'] }));
  await pause();

  const refused = dispatch(hub, { topic: 'demo.a', hash: 'once' });
  (await files.next()).reject(new Error('no space left'));
  const answer = await refused;
  expect(answer.status).toBe(500);
  expect(await answer.json()).toEqual({ status: 500, detail: 'Error: no space left' });
  expect(heard).toEqual([]);
  (await files.next()).resolve(); // without another write, the hub tries again by itself
  await pause();
  expect(heard).toHaveLength(1);
  expect((await dispatch(hub, { topic: 'demo.b', hash: 'once' })).status).toBe(409);
  await hub.close();
});

test('CORS is for the configured origins only', async () => {
  const hub = await newHub(slowFiles().host, ['https://viewer.example']);
  const allowed = async (origin: string) =>
    (await ask(hub, 'GET', '/api/info', undefined, { origin })).headers.get(
      'access-control-allow-origin',
    );
  expect(await allowed('https://viewer.example')).toBe('https://viewer.example');
  expect(await allowed('https://other.example')).toBeNull();
  const preflight = await ask(hub, 'OPTIONS', '/api/events', undefined, {
    origin: 'https://viewer.example',
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'x-api-key, x-sender',
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
  await hub.close();
});
