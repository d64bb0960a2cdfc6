import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFailed, test } from 'vitest';
import WebSocket from 'ws';
import { call, KEYS, startHub, temporaryFolder } from './hub-process.ts';
import { BUN, DENO } from './runtimes.ts';

const EVENTS = 30_000; // eight blocks
const id = (number: number) => `a${number.toString(16).padStart(31, '0')}`;
const WAIT = { timeout: 30_000 };

let folder: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  folder = temporaryFolder();
  const lines = Array.from({ length: EVENTS }, (_, number) =>
    JSON.stringify({
      id: id(number),
      topic: 'demo.old',
      description: `event ${number}`,
      createdAt: '2026-01-01T00:00:00+00:00',
      updatedAt: '2026-01-01T00:00:00+00:00',
    }),
  );
  const file = join(folder.path, 'lines.ndjson');
  writeFileSync(file, lines.join('\n'));
  const args = ['dist/hub/cli.js', 'import', '--data', join(folder.path, 'data'), file];
  execFileSync(process.execPath, args, { stdio: 'ignore' });
});
afterEach(() => folder.remove());

const graphql = (hub: { url: string }, query: string) =>
  call(hub, 'POST', '/graphql', { key: KEYS.service, body: { query } });

test.each([
  ['node', [process.execPath]],
  ['deno', DENO],
  ['bun', BUN],
])(
  'a hub answers with the newest events while the others are loaded, and waits with the rest, on %s',
  async (_, runtime) => {
    const hub = await startHub(folder.path, { runtime });
    onTestFailed(() => console.error(hub.output()));
    try {
      // A key opens a WebSocket when it was used lately (protocol.md 9.2).
      await call(hub, 'GET', '/healthz', { key: KEYS.service });
      const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/ws`);
      const topics: string[] = [];
      socket.on('message', (text) => topics.push(JSON.parse(text.toString()).topic));
      socket.on('close', (code) => topics.push(`closed with ${code}`));
      socket.on('open', () => {
        socket.send(JSON.stringify({ topic: 'auth', token: KEYS.service, subscribe: ['demo'] }));
      });
      const [newest, oldest, both, one, made] = await Promise.all([
        graphql(hub, '{ events(last: 2) { edges { node { id } } } }'),
        graphql(hub, '{ events(first: 1) { edges { node { id } } } }'),
        graphql(
          hub,
          '{ a: events(last: 1) { edges { node { id } } } b: events(ids: ["' +
            id(5) +
            '"]) { edges { node { id } } } }',
        ),
        call(hub, 'GET', `/api/events/${id(7)}`, { key: KEYS.service }),
        call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic: 'demo.new' } }),
      ]);
      const ids = (connection: { edges: { node: { id: string } }[] }) =>
        connection.edges.map(({ node }) => node.id);
      expect(ids(newest.body.data.events).length).toBe(2);
      expect(ids(oldest.body.data.events)).toEqual([id(0)]);
      expect(ids(both.body.data.b)).toEqual([id(5)]);
      expect(one.body.description).toBe('event 7');
      expect(made.status).toBe(200);
      await expect.poll(() => topics, WAIT).toContain('heartbeat');
      socket.close();
    } finally {
      expect(await hub.stop()).toBe(0);
    }
  },
);

test('a block that is damaged is set aside while the hub runs, and the hub goes on', async () => {
  const files = join(folder.path, 'data', 'events');
  const [first = ''] = readdirSync(files)
    .filter((name) => name.startsWith('block-'))
    .sort();
  const bytes = readFileSync(join(files, first));
  bytes.fill(0xff, 100, 200);
  writeFileSync(join(files, first), bytes);
  const hub = await startHub(folder.path);
  try {
    await expect.poll(() => readdirSync(files), WAIT).toContain(`lost-${first}`);
    const write = () =>
      call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic: 'demo.new' } });
    await expect.poll(async () => (await write()).status, WAIT).toBe(200);
    const { body } = await graphql(hub, '{ events(last: 1) { edges { node { topic } } } }');
    expect(body.data.events.edges[0].node.topic).toBe('demo.new');
    expect(hub.output()).toContain(first);
  } finally {
    expect(await hub.stop()).toBe(0);
  }
});
