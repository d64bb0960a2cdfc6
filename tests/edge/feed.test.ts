// What the change feed does at its bounds, on a hub in this process.
import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import type { HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { createCredentials, createHub, type Hub, parseUsers } from '../../worker/edge/hub.ts';
import type { Answer } from './hub-process.ts';

const PART_BYTES = 1 << 20;
const MAX_WAITING = 10_000;

const hubs: Hub[] = [];
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close();
});

async function newHub(files: HostFiles = memoryFiles()): Promise<Hub> {
  const users = JSON.stringify([{ name: 'svc', apiKey: 'key', data: { isService: true } }]);
  const storage = { load: () => null, save: () => undefined };
  const hub = await createHub({
    wasm: new WebAssembly.Module(await readFile('build/wasm-release/wasm/cuesheet-hub.wasm')),
    files,
    credentials: createCredentials(await parseUsers(users), storage),
  });
  hubs.push(hub);
  return hub;
}

const ask = (
  hub: Hub,
  path: string,
  { method = 'GET', body, headers }: { method?: string; body?: object; headers?: object } = {},
) =>
  hub.fetch(
    new Request(`http://hub${path}`, {
      method,
      headers: { 'x-api-key': 'key', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
const dispatch = async (hub: Hub, body: object = { topic: 'demo.a' }): Promise<string> =>
  ((await (await ask(hub, '/api/events', { method: 'POST', body })).json()) as Answer).id;
const changes = async (hub: Hub, since: number): Promise<Answer> =>
  (await ask(hub, `/api/changes?since=${since}&limit=1000`)).json();
const head = async (hub: Hub): Promise<number> =>
  ((await (await ask(hub, '/api/changes')).json()) as Answer).head;

/** Lines as `cuesheet export` writes them. */
function linesOf(count: number, description = ''): string {
  const lines = Array.from({ length: count }, (_, number) => {
    const id = `5eed${number.toString(16).padStart(28, '0')}`;
    const time = new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString().replace('Z', '+00:00');
    const fields = { topic: 'seed.a', status: 'finished', createdAt: time, updatedAt: time };
    return JSON.stringify({ id, hash: id, description, ...fields });
  });
  return `${lines.join('\n')}\n`;
}

const linesIn = (text: string): Answer[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** The events of a snapshot by id. */
const eventsOf = (text: string) =>
  new Map(
    linesIn(text)
      .slice(1)
      .map((event) => [event.id, event]),
  );

test('a snapshot of several parts and the changes after it give the store, whatever is written meanwhile', async () => {
  const hub = await newHub();
  await hub.importLines(linesOf(5000, 'x'.repeat(1000)));
  const response = await ask(hub, '/api/snapshot', { headers: { 'accept-encoding': 'identity' } });
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  const parts = [(await reader.read()).value ?? ''];
  expect(parts[0]?.length).toBeLessThan(2 * PART_BYTES);
  const idOf = (number: number) => `5eed${number.toString(16).padStart(28, '0')}`;
  const inserted = await dispatch(hub);
  const patch = { method: 'PATCH', body: { description: 'changed' } };
  for (const number of [4999, 1, 0]) {
    expect((await ask(hub, `/api/events/${idOf(number)}`, patch)).status).toBe(204);
  }
  for (const number of [4998, 2]) {
    const path = `/api/events/${idOf(number)}`;
    expect((await ask(hub, path, { method: 'DELETE' })).status).toBe(204);
  }
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
  }
  expect(parts.length).toBeGreaterThan(3);

  const text = parts.join('');
  const copy = eventsOf(text);
  const { sequence } = linesIn(text)[0];
  for (const change of (await changes(hub, sequence)).changes) {
    if (change.event) copy.set(change.id, change.event);
    else copy.delete(change.id);
  }
  const now = eventsOf(await (await ask(hub, '/api/snapshot')).text());
  expect(copy.has(inserted)).toBe(true);
  expect(copy.size).toBe(4999);
  expect([...copy].sort()).toEqual([...now].sort());
});

test('the feed and the snapshot say their version, also when the changes are gone', async () => {
  const hub = await newHub();
  const version = 1;
  expect(await changes(hub, 0)).toMatchObject({ version });
  const gone = await ask(hub, '/api/changes?since=7');
  expect(gone.status).toBe(410);
  expect(await gone.json()).toMatchObject({ version });
  expect(linesIn(await (await ask(hub, '/api/snapshot')).text())[0]).toMatchObject({ version });
});

test('a snapshot says where it ends, when it is asked to', async () => {
  const hub = await newHub();
  await hub.importLines(linesOf(5000, 'x'.repeat(1000)));
  for (const form of ['rows', 'columns']) {
    const plain = linesIn(await (await ask(hub, `/api/snapshot?form=${form}`)).text());
    const ended = linesIn(await (await ask(hub, `/api/snapshot?form=${form}&end=true`)).text());
    expect(ended[0]).toEqual({ ...plain[0], end: true });
    expect(ended.slice(1)).toEqual([...plain.slice(1), { end: true }]);
  }
  expect((await ask(hub, '/api/snapshot?end=perhaps')).status).toBe(400);
});

test('a snapshot is packed as the client accepts it', async () => {
  const hub = await newHub();
  await hub.importLines(linesOf(2000, 'x'.repeat(1000)));
  const plain = await (await ask(hub, '/api/snapshot')).text();
  for (const encoding of ['gzip', 'deflate'] as const) {
    const response = await ask(hub, '/api/snapshot', { headers: { 'accept-encoding': encoding } });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    const packed = await response.arrayBuffer();
    expect(packed.byteLength).toBeLessThan(plain.length / 4);
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream(encoding));
    expect(await new Response(unpacked).text()).toBe(plain);
  }
});

test('a stream whose history is given up says gone, and ends', async () => {
  const hub = await newHub();
  await dispatch(hub);
  const response = await ask(hub, '/api/changes?since=0', {
    headers: { accept: 'text/event-stream' },
  });
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  let text = (await reader.read()).value ?? '';
  await hub.importLines(linesOf(65_537)); // more than the feed knows
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  expect(text).toContain('event: change\n');
  const gone = /event: gone\ndata: (.*)\n\n$/.exec(text)?.[1] ?? '';
  expect(JSON.parse(gone)).toMatchObject({ code: 410, head: await head(hub) });
});

test('more clients than may wait get 503, and there is room again when they have gone', async () => {
  const hub = await newHub();
  const waiting = Array.from({ length: MAX_WAITING }, () =>
    ask(hub, '/api/changes?since=0&wait=30'),
  );
  let refused = 0;
  while (refused === 0) {
    // Those before it may not have come as far as to wait.
    const { status } = await ask(hub, '/api/changes?since=0&wait=0.001');
    if (status === 503) refused++;
    else expect(status).toBe(200);
  }
  await dispatch(hub);
  const statuses = new Set((await Promise.all(waiting)).map(({ status }) => status));
  expect([...statuses]).toEqual([200]);
  expect((await ask(hub, '/api/changes?since=0&wait=1')).status).toBe(200);
});

test('a stream that its client leaves takes no place any more, and a HEAD of one takes none', async () => {
  const hub = await newHub();
  const headers = { accept: 'text/event-stream' };
  const leave = async () => {
    await ask(hub, '/api/changes?since=0', { method: 'HEAD', headers });
    await (await ask(hub, '/api/changes?since=0', { headers })).body?.cancel();
  };
  for (let i = 0; i < MAX_WAITING; i += 100) {
    await Promise.all(Array.from({ length: 100 }, leave));
  }
  const response = await ask(hub, '/api/changes?since=0', { headers });
  expect(response.status).toBe(200);
  await response.body?.cancel();
});

test('after a restart the feed has what the journal holds, and says gone of what is older', async () => {
  const files = memoryFiles();
  const first = await newHub(files);
  await dispatch(first);
  await first.importLines(linesOf(3)); // makes a checkpoint: the journal before it goes
  const known = await head(first);
  const id = await dispatch(first);
  await hubs.pop()?.close();

  const second = await newHub(files);
  expect((await changes(second, known)).changes.map((change: Answer) => change.id)).toEqual([id]);
  expect((await changes(second, 0)).code).toBe(410);
  expect((await ask(second, '/api/users/me')).status).toBe(200); // opens the key's session
  for (const [since, topic] of [
    [known, 'cuesheet.changes'],
    [0, 'cuesheet.gone'],
  ] as const) {
    const heard: Answer[] = [];
    const peer = { send: (text: string) => heard.push(JSON.parse(text)), close: () => undefined };
    const socket = second.openSocket(peer);
    const auth = { topic: 'auth', token: 'key', since, snapshot: false };
    await socket.message(JSON.stringify(auth));
    expect(heard.map((message) => message.topic)).toEqual([topic]);
    socket.closed();
  }
});
