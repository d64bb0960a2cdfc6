import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { createCredentials, createHub, type Hub, parseUsers } from '../../worker/edge/hub.ts';
import { call, KEYS, startHub, temporaryFolder, USERS } from './hub-process.ts';

const TEST_MS = 120_000;
const MIB = 2 ** 20;
/** The least that a hub may have; a quarter of it is the reserve. */
const BUDGET = 32 * MIB;
/** Emscripten grows the memory in steps of a fifth, and a little of it lies idle between others. */
const GROWN = 1.6;
/** Each event takes about this much memory. */
const TEXT_BYTES = 100_000;
/** Of the import: more than 64 MiB have room for. */
const LINES = 700;
/** Events for which there may be room in another process. */
const FEW = 20;
/** More than the budget has room for. */
const MAX_DISPATCHES = 700;

const folders: { remove(): void }[] = [];
const newFolder = (): string => {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder.path;
};
afterAll(() => {
  for (const folder of folders) folder.remove();
});

const running: Hub[] = [];
afterEach(async () => {
  for (const hub of running.splice(0)) await hub.close().catch(() => {});
});

async function embed(files: HostFiles, memory: number = BUDGET) {
  const storage = { load: () => null, save: () => undefined };
  const logged: string[] = [];
  const hub = await createHub({
    wasm: new WebAssembly.Module(await readFile('build/wasm-release/wasm/cuesheet-hub.wasm')),
    files,
    credentials: createCredentials(await parseUsers(JSON.stringify(USERS)), storage),
    memory,
    log: (level, message) => void (level === 'error' && logged.push(message)),
  });
  running.push(hub);
  return { hub, logged };
}

async function ask(hub: Hub, method: string, path: string, body?: object) {
  const response = await hub.fetch(
    new Request(`http://hub${path}`, {
      method,
      headers: { 'x-api-key': KEYS.service, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  return { status: response.status, text, json: () => JSON.parse(text) };
}

let drawn = 0;
const event = (topic = 'demo.a') => ({
  topic,
  hash: `event ${drawn++}`,
  description: 'x'.repeat(TEXT_BYTES),
  finished: false,
});

/** Dispatches until the hub has no room; the ids of what it took, and its refusal. */
async function fill(hub: Hub) {
  const ids: string[] = [];
  for (let count = 0; count < MAX_DISPATCHES; count++) {
    const answer = await ask(
      hub,
      'POST',
      '/api/events',
      event(count % 2 ? 'demo.odd' : 'demo.even'),
    );
    if (answer.status !== 200) return { ids, refusal: answer };
    ids.push(answer.json().id);
  }
  throw new Error('the hub was never full');
}

const topicIs = (value: string) => ({ conditions: [{ key: 'topic', operator: 'eq', value }] });

test(
  'a full hub refuses new events with 507, and reads, updates, removes and saves',
  async () => {
    const files = memoryFiles();
    const { hub } = await embed(files);
    expect((await ask(hub, 'GET', '/healthz')).json()).toEqual({ status: 'ok' });
    const { ids, refusal } = await fill(hub);
    expect(ids.length).toBeGreaterThan(100);
    expect(refusal.status).toBe(507);
    expect(refusal.json()).toEqual({
      code: 507,
      detail: expect.stringMatching(
        /^memory is full: 2\d of 32 MiB are in use, and the last 8 are/,
      ),
    });
    const batch = await ask(hub, 'POST', '/api/events/batch', [event(), event()]);
    expect([batch.status, batch.json()[0].code, batch.json()[1].code]).toEqual([200, 507, 507]);
    expect(hub.memory().room).toBeLessThan(MIB);

    const [first = '', second = '', third = ''] = ids;
    expect((await ask(hub, 'GET', `/api/events/${first}`)).json().description).toHaveLength(
      TEXT_BYTES,
    );
    const query = '{ events(first: 20) { edges { node { id description } } } }';
    expect((await ask(hub, 'POST', '/graphql', { query })).json().data.events.edges).toHaveLength(
      20,
    );
    for (const id of ids) {
      for (const body of [{ status: 'in_progress' }, { progress: 50 }, { status: 'finished' }]) {
        expect((await ask(hub, 'PATCH', `/api/events/${id}`, body)).status).toBe(204);
      }
    }
    const larger = { payload: { text: 'x'.repeat(1_000_000) } };
    expect((await ask(hub, 'PATCH', `/api/events/${first}`, larger)).status).toBe(507);
    const short = { description: 'short' };
    expect((await ask(hub, 'PATCH', `/api/events/${second}`, short)).status).toBe(204);
    expect((await ask(hub, 'DELETE', `/api/events/${third}`)).status).toBe(204);
    // A checkpoint is written once there is a pause, and all of this takes the reserve at most.
    const hasManifest = () => files.list().some((name) => name.startsWith('manifest-'));
    await expect.poll(hasManifest, { timeout: 30_000 }).toBe(true);
    expect(hub.memoryBytes()).toBeLessThanOrEqual(GROWN * BUDGET);
    const metrics = (await ask(hub, 'GET', '/metrics')).text;
    for (const [name, bytes] of [
      ['budget', BUDGET],
      ['reserve', 8 * MIB],
    ]) {
      expect(metrics).toContain(
        `# TYPE cuesheet_memory_${name}_bytes gauge\ncuesheet_memory_${name}_bytes ${bytes}\n`,
      );
    }
    expect(metrics).toMatch(/^cuesheet_memory_room_bytes \d+$/m);
    await hub.close();

    const { hub: again } = await embed(files);
    expect(again.events()).toBe(ids.length - 1);
    expect((await ask(again, 'PATCH', `/api/events/${first}`, { status: 'failed' })).status).toBe(
      204,
    );
    const odd = { type: 'delete', filter: topicIs('demo.odd') };
    expect((await ask(again, 'POST', '/api/eventops', odd)).status).toBe(200);
    const { ids: more } = await fill(again);
    expect(more.length).toBeGreaterThan(0.4 * ids.length);
    expect(again.memoryBytes()).toBeLessThanOrEqual(GROWN * BUDGET);
    expect(again.events()).toBeGreaterThan(0.9 * ids.length);
  },
  TEST_MS,
);

test(
  'a store beyond the budget of its hub is opened: it can be read, updated, exported and removed from',
  async () => {
    const files = memoryFiles();
    const { hub } = await embed(files, 2 * BUDGET);
    const { ids } = await fill(hub);
    await hub.close();
    const { hub: small, logged } = await embed(files);
    await small.loaded;
    await expect.poll(() => logged.length).toBe(1);
    expect(logged[0]).toMatch(
      /^memory is full: the events take \d+ MiB of 32 MiB\. They can be read/,
    );
    expect((await ask(small, 'GET', '/healthz')).json()).toEqual({ status: 'ok', memory: 'full' });
    expect(small.events()).toBe(ids.length);
    expect((await ask(small, 'POST', '/api/events', event())).status).toBe(507);
    const update = { status: 'finished', description: 'done' };
    expect((await ask(small, 'PATCH', `/api/events/${ids[0]}`, update)).status).toBe(204);
    const snapshot = await ask(small, 'GET', '/api/snapshot');
    expect(snapshot.text.trimEnd().split('\n').length).toBeGreaterThan(ids.length);
    for (const topic of ['demo.odd', 'demo.even']) {
      const some = { type: 'delete', filter: topicIs(topic) };
      expect((await ask(small, 'POST', '/api/eventops', some)).status).toBe(200);
    }
    expect((await ask(small, 'POST', '/api/events', event())).status).toBe(200);
  },
  TEST_MS,
);

test('a write whose commit finds the disk full is answered with 507', async () => {
  const memory = memoryFiles();
  const disk: { error: Error | null } = { error: null };
  const append = (name: string, bytes: Uint8Array) => {
    if (disk.error && !('code' in disk.error)) throw disk.error;
    memory.append(name, bytes);
  };
  const commit = () => (disk.error ? Promise.reject(disk.error) : Promise.resolve());
  const { hub } = await embed({ ...memory, append, commit });
  for (const error of [
    Object.assign(new Error('ENOSPC: no space left on device, fdatasync'), { code: 'ENOSPC' }),
    new Error('ENOSPC: no space left on device, write'), // comes through the core
  ]) {
    disk.error = error;
    const answer = await ask(hub, 'POST', '/api/events', { topic: 'demo.a' });
    expect([answer.status, answer.json()]).toEqual([
      507,
      { code: 507, detail: 'The disk is full: this is not saved yet, and is tried again' },
    ]);
    expect((await ask(hub, 'GET', '/healthz')).status).toBe(503);
    disk.error = null;
    expect((await ask(hub, 'POST', '/api/events', { topic: 'demo.b' })).status).toBe(200);
  }
  expect(hub.events()).toBe(4); // nothing was lost
});

const cuesheet = (...args: string[]) =>
  spawnSync(process.execPath, ['dist/hub/cli.js', ...args], { encoding: 'utf8', timeout: 60_000 });

test.each(['hub', 'relay', 'import'])('%s refuses a --memory that is no size', (command) => {
  const more = { hub: [], relay: ['http://127.0.0.1:1'], import: ['-'] }[command] ?? [];
  for (const size of ['much', '1MiB', '5GiB', '-1']) {
    const run = spawnSync(
      process.execPath,
      ['dist/hub/cli.js', command, ...more, `--memory=${size}`],
      { encoding: 'utf8', timeout: 20_000, env: { ...process.env, CUESHEET_UPSTREAM_KEY: 'key' } },
    );
    expect(run.stderr).toContain(
      `--memory: expected a size from 32MiB to 4GiB, for example 512MiB, got '${size}'`,
    );
    expect(run.status).toBe(2);
  }
});

test(
  'an import stops at a line, says which and why, and goes on there with more memory; --memory bounds a hub',
  async () => {
    const folder = newFolder();
    const data = join(folder, 'data');
    const source = join(folder, 'events.ndjson');
    const time = '2026-01-01T00:00:00Z';
    let text = '';
    for (let i = 0; i < LINES; i++) {
      const id = `e${i.toString(16).padStart(31, '0')}`;
      const description = 'x'.repeat(TEXT_BYTES);
      text += `${JSON.stringify({ id, topic: 'demo.a', description, createdAt: time, updatedAt: time })}\n`;
    }
    writeFileSync(source, text);
    const first = cuesheet('import', source, '--data', data, '--memory', '64MiB');
    expect(first.status).toBe(1);
    const line = Number(/^stopped at line (\d+): memory is full: /m.exec(first.stderr)?.[1]);
    expect(line).toBeGreaterThan(400);
    expect(line).toBeLessThan(600);
    expect(first.stderr).toContain(`to go on, import with --from ${line}\n`);
    expect(first.stdout).toBe(`${line - 1} events imported, 0 here already, 0 refused\n`);
    // A process that has just opened the folder uses a little less.
    const second = cuesheet('import', source, '--data', data, '--memory=64MiB', `--from=${line}`);
    const next = Number(/^stopped at line (\d+): memory is full: /m.exec(second.stderr)?.[1]);
    expect(next).toBeGreaterThanOrEqual(line);
    expect(next).toBeLessThan(line + FEW);
    expect(Number.parseInt(second.stdout, 10)).toBe(next - line);
    const stats = cuesheet('stats', '--data', data, '--memory', '64MiB');
    expect(stats.stdout).toMatch(
      /^\d+ events, \d+\.\d MiB of files\nmemory: 5\d\.\d MiB of 64\.0 MiB \(\d\d %\)\nroom for new events: \d\.\d MiB\n$/,
    );

    const flags = ['--users', join(folder, 'users-file.json'), '--no-sample', '--memory', '64MiB'];
    const hub = await startHub(folder, { flags });
    const body = { topic: 'demo.a', description: 'x'.repeat(TEXT_BYTES) };
    let taken = 0;
    const dispatch = () => call(hub, 'POST', '/api/events', { key: KEYS.service, body });
    while ((await dispatch()).status !== 507) expect(++taken).toBeLessThan(FEW);
    const id = `e${'0'.repeat(31)}`;
    const update = { key: KEYS.service, body: { status: 'failed' } };
    expect((await call(hub, 'PATCH', `/api/events/${id}`, update)).status).toBe(204);
    expect((await call(hub, 'DELETE', `/api/events/${id}`, { key: KEYS.service })).status).toBe(
      204,
    );
    await hub.stop();

    const rest = cuesheet('import', source, '--data', data, '--memory=256MiB', `--from=${next}`);
    expect(rest.stderr).toBe('');
    expect(rest.status).toBe(0);
    expect(rest.stdout).toBe(`${LINES - next + 1} events imported, 0 here already, 0 refused\n`);
  },
  TEST_MS,
);
