import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, expect, test } from 'vitest';
import { call, type HubProcess, KEYS, startHub, temporaryFolder } from './hub-process.ts';

const CLI = 'dist/hub/cli.js';
const EVENTS = 8000;

const folders: { remove(): void }[] = [];
const newFolder = (): string => {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder.path;
};
const hubs: HubProcess[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.stop();
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => {
  for (const folder of folders) folder.remove();
});

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command while this process goes on: servers of the tests live here. */
function run(args: string[], key: string | undefined = KEYS.service): Promise<Outcome> {
  const { CUESHEET_API_KEY: _, ...env } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...env, ...(key && { CUESHEET_API_KEY: key }) },
    timeout: 60_000,
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (data) => (text[name] += data));
  }
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, ...text })));
}

const idOf = (i: number): string => i.toString(16).padStart(32, '0').replace(/^0/, 'e');

/** A folder with events; `text` makes each about a kilobyte, so that an export has several parts. */
function filledFolder(): string {
  const folder = newFolder();
  const lines = Array.from({ length: EVENTS }, (_, i) => {
    const time = new Date(1_774_000_000_000 + i * 1000).toISOString();
    const payload = { text: 'y'.repeat(900) };
    return JSON.stringify({
      id: idOf(i),
      topic: 'demo.job',
      payload,
      createdAt: time,
      updatedAt: time,
    });
  });
  const args = [CLI, 'import', '-', '--data', join(folder, 'data')];
  const { status } = spawnSync(process.execPath, args, { input: `${lines.join('\n')}\n` });
  expect(status).toBe(0);
  return folder;
}

const start = async (folder: string): Promise<HubProcess> => {
  const hub = await startHub(folder);
  hubs.push(hub);
  return hub;
};

const linesIn = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('a backup of a hub that is being written to is of one moment, and restores into an equal store', async () => {
  const folder = filledFolder();
  const hub = await start(folder);
  // The oldest event is always written before the newest one.
  const [oldest, newest] = [idOf(0), idOf(EVENTS - 1)];
  let round = 0;
  let isDone = false;
  const writing = (async () => {
    for (; !isDone; round++) {
      for (const id of [oldest, newest]) {
        const body = { summary: { round } };
        await call(hub, 'PATCH', `/api/events/${id}`, { key: KEYS.service, body });
      }
      await call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic: 'demo.late' } });
    }
  })();
  const out = join(folder, 'backup.ndjson.gz');
  const backup = await run(['backup', `${hub.url}/`, '--out', out]);
  const rounds = round;
  isDone = true;
  await writing;
  expect(backup.stderr).toBe('');
  expect(backup.status).toBe(0);
  expect(rounds).toBeGreaterThan(3);
  const lines = linesIn(gunzipSync(readFileSync(out)).toString());
  expect(backup.stdout).toBe(
    `${lines.length.toLocaleString('en')} events (${(gunzipSync(readFileSync(out)).length / (1 << 20)).toFixed(1)} MiB) in ${out}\n`,
  );
  const roundOf = (id: string) => lines.find((line) => line.id === id).summary.round ?? -1;
  expect(roundOf(oldest) - roundOf(newest)).toBeOneOf([0, 1]);
  expect(lines.length).toBeGreaterThanOrEqual(EVENTS);
  await hub.stop();

  const data = join(newFolder(), 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'users.json'), '[]');
  const restored = await run(['restore', out, '--data', data]);
  expect(restored.stderr).toBe('');
  expect(restored.stdout).toBe(
    `${lines.length.toLocaleString('en')} events restored, 0 here already, 0 refused\n`,
  );
  expect(restored.status).toBe(0);
  expect(readdirSync(data).sort()).toEqual(['events', 'users.json']);
  expect(existsSync(`${data}.part`)).toBe(false);
  const again = join(folder, 'again.ndjson');
  expect((await run(['backup', data, '--out', again])).status).toBe(0);
  expect(linesIn(readFileSync(again, 'utf8'))).toEqual(lines);
});

test('a restore does not touch a store that is there, and makes nothing of lines that are refused', async () => {
  const folder = newFolder();
  const data = join(folder, 'data');
  const file = join(folder, 'lines');
  writeFileSync(
    file,
    `{"id":"${idOf(1)}","topic":"demo.a","createdAt":"2026-01-01T00:00:00Z"}\nno event\n`,
  );
  const refused = await run(['restore', file, '--data', data]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/^line 1: .*\nline 2: not valid JSON|^line 2: not valid JSON/);
  expect(refused.stdout).toMatch(/read, none restored/);
  expect(readdirSync(folder)).toEqual(['lines']);
  mkdirSync(join(data, 'events'), { recursive: true });
  const taken = await run(['restore', file, '--data', data]);
  expect(taken.status).toBe(1);
  expect(taken.stderr).toMatch(/events exists already: move it away/);
});

/** A server that answers everything alike. */
async function answering(
  status: number,
  headers: Record<string, string>,
  body: string,
): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status, headers);
    response.end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const LINES = { 'content-type': 'application/x-ndjson' };
test.each([
  ['a page', 200, { 'content-type': 'text/html' }, '<html>', /something else than a hub answers/],
  ['a redirect', 302, { location: '/login' }, '', /something else than a hub answers/],
  ['an older hub', 404, {}, '{"detail":"Not found"}', /cannot export its events/],
  ['a refusal', 403, {}, '{"detail":"Only admins"}', /refuses \(403\): Only admins/],
  ['half an export', 200, LINES, '{"id":"a"}\n{"id":"b"}\n', /ended its answer too early/],
  ['nothing', 200, LINES, '', /ended its answer too early/],
])('a backup from %s leaves no file, and says why', async (_, status, headers, body, why) => {
  const folder = newFolder();
  const url = await answering(status, headers as Record<string, string>, body);
  const backup = await run(['backup', url, '--out', join(folder, 'out')]);
  expect(backup.status).toBe(1);
  expect(backup.stderr).toMatch(why);
  expect(backup.stderr.trim().split('\n')).toHaveLength(1); // no stack
  expect(readdirSync(folder)).toEqual([]);
});

test('two exports run at once, a third is refused, and one that is left makes room', async () => {
  const hub = await start(filledFolder());
  const ask = (signal?: AbortSignal) =>
    fetch(`${hub.url}/api/export?end=true`, {
      headers: { 'x-api-key': KEYS.admin, 'accept-encoding': 'identity' },
      ...(signal && { signal }),
    });
  const left = new AbortController();
  const [first, second] = [await ask(left.signal), await ask()];
  expect([first.status, second.status]).toEqual([200, 200]);
  const third = await ask();
  expect(third.status).toBe(503);
  expect((await third.json()).detail).toMatch(/2 exports are running/);
  left.abort();
  let status = 503;
  for (let tries = 0; tries < 100 && status === 503; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const next = await ask();
    status = next.status;
    await next.body?.cancel();
  }
  expect(status).toBe(200);
  const lines = linesIn(await second.text());
  expect(lines.at(-1)).toEqual({ end: true, events: EVENTS, withoutPayload: 0 });
  expect(lines).toHaveLength(EVENTS + 1);
});

test('an export is for admins and services', async () => {
  const hub = await start(newFolder());
  for (const key of [KEYS.manager, KEYS.user, KEYS.guest]) {
    expect((await call(hub, 'GET', '/api/export', { key })).status).toBe(403);
  }
  expect((await call(hub, 'GET', '/api/export', {})).status).toBe(401);
});

test.each([
  [['backup'], 2, /name a URL or a folder/],
  [['backup', 'http://127.0.0.1:1'], 2, /name a file with --out/],
  [['backup', 'no-such-folder', '--out', 'x'], 1, /no-such-folder holds no events/],
  [['restore'], 2, /name the file to read/],
  [['restore', 'no-such-file', '--data', 'no-such-folder'], 1, /no such file.*no-such-file/],
])('%j is refused with a sentence', async (args, status, sentence) => {
  const refused = await run(args);
  expect(refused.status).toBe(status);
  expect(refused.stderr).toMatch(sentence);
  expect(existsSync('no-such-folder.part')).toBe(false);
});

test('a backup of a running hub needs a key', async () => {
  const refused = await run(['backup', 'http://127.0.0.1:1', '--out', 'x'], '');
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/CUESHEET_API_KEY holds no API key/);
});
