import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import type { HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import {
  createCredentials,
  createHub,
  type Hub,
  type HubOptions,
  parseUsers,
} from '../../worker/edge/hub.ts';
import { functionsOf, plantTrap } from './planted-trap.ts';

const MODULE = 'build/wasm-release/wasm/cuesheet-hub.wasm';
const KEY = 'service';
/** Traps that have to be met. */
const TRAPS = 100;
/** One in this many functions gets a trap; the load does not call most of them. */
const STRIDE = 5;
const TIMEOUT_MS = 600_000;

const running: Hub[] = [];
afterEach(async () => {
  for (const hub of running.splice(0)) await hub.close().catch(() => {});
});

const users = await parseUsers(
  JSON.stringify([{ name: 'svc', apiKey: KEY, data: { isService: true, isAdmin: true } }]),
);
const clean = await readFile(MODULE);
const cleanModule = new WebAssembly.Module(clean);

/** What a crash leaves: all that was written, or only what a commit had made durable. */
type Leaves = 'all' | 'durable';

/** Files of a machine that may lose what no commit has covered. */
function crashableFiles(found: [string, Uint8Array][] = []) {
  const now = memoryFiles();
  for (const [name, bytes] of found) now.write(name, bytes);
  let durable = contents(now);
  const files: HostFiles = {
    ...now,
    commit: () => {
      durable = contents(now);
      return Promise.resolve();
    },
  };
  const left = (leaves: Leaves): HostFiles => {
    const found = memoryFiles();
    for (const [name, bytes] of leaves === 'all' ? contents(now) : durable) {
      found.write(name, bytes);
    }
    return found;
  };
  return { files, left };
}

function contents(files: HostFiles): [string, Uint8Array][] {
  return files.list().map((name) => [name, files.read(name, 0, files.size(name))]);
}

async function open(options: Partial<HubOptions>): Promise<Hub> {
  const storage = { load: () => null, save: () => undefined };
  const hub = await createHub({
    wasm: cleanModule,
    files: memoryFiles(),
    credentials: createCredentials(users, storage),
    log: () => {},
    ...options,
  });
  running.push(hub);
  return hub;
}

async function ask(hub: Hub, method: string, path: string, body?: object) {
  const response = await hub.fetch(
    new Request(`http://hub${path}`, {
      method,
      headers: { 'x-api-key': KEY },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  return { status: response.status, text, json: jsonOf(response, text) };
}

function jsonOf({ headers }: Response, text: string) {
  return headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : null;
}

/** What was acknowledged: the description of each event by id, null = removed. */
type Told = Map<string, string | null>;

/** Writes and reads of every kind; ends at the first answer that is none of a hub that runs. */
async function load(hub: Hub, told: Told, mark: string): Promise<void> {
  for (let number = 0; number < 6; number++) {
    const event = { topic: `trap.${mark}`, description: 'new', hash: `${mark}-${number}` };
    const payload = { text: 'x'.repeat(300) };
    const made = await ask(hub, 'POST', '/api/events', { ...event, payload, finished: false });
    if (made.status !== 200) return;
    const { id } = made.json;
    told.set(id, 'new');
    const path = `/api/events/${id}`;
    const change = { description: 'changed', status: 'in_progress', progress: 50 };
    if ((await ask(hub, 'PATCH', path, change)).status !== 204) return;
    told.set(id, 'changed');
    if ((await ask(hub, 'GET', path)).status !== 200) return;
    if (number % 3 !== 2) continue;
    if ((await ask(hub, 'DELETE', path)).status !== 204) return;
    told.set(id, null);
  }
  const query = `{ events(first: 5, filter: "trap", topics: ["trap.*"]) {
    edges { node { id description summary } } pageInfo { hasNextPage } } }`;
  await ask(hub, 'POST', '/graphql', { query });
  const filter = { conditions: [{ key: 'summary/a', value: 1 }] };
  await ask(hub, 'POST', '/api/query', { entity: 'event', filter });
  const enroll = { sourceTopic: 'trap.*', targetTopic: 'trap.done', sender: 'worker' };
  await ask(hub, 'POST', '/api/enroll', enroll);
  await ask(hub, 'GET', '/api/changes?since=0&payloads=true');
  await ask(hub, 'GET', '/api/snapshot?payloads=true');
  await hub.importLines(lines(mark)).then(
    () => {},
    () => {},
  );
  await ask(hub, 'GET', '/metrics');
}

const lines = (mark: string) =>
  Array.from({ length: 200 }, (_, number) => {
    const time = new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString();
    const event = { topic: `old.${mark}`, createdAt: time, updatedAt: time };
    return `${JSON.stringify({ ...event, payload: { number } })}\n`;
  }).join('');

/** What of `told` the hub does not have as it said. */
async function missing(hub: Hub, told: Told): Promise<string[]> {
  const problems: string[] = [];
  for (const [id, description] of told) {
    const { status, json } = await ask(hub, 'GET', `/api/events/${id}`);
    // What was asked for last may have been stored without an answer.
    const isThere = status === 200 && (json.description === description || description === 'new');
    const mayBeGone = status === 404 && description === 'changed';
    if (description === null ? status !== 404 : !isThere && !mayBeGone) {
      problems.push(`${id}: ${status} ${json?.description}, acknowledged was ${description}`);
    }
  }
  return problems;
}

/** What a hub without a trap has stored. */
interface Before {
  files: [string, Uint8Array][];
  told: Told;
}

async function quietHub(): Promise<Before> {
  const files = memoryFiles();
  const told: Told = new Map();
  const hub = await open({ files });
  await load(hub, told, 'before');
  await hub.close();
  return { files: contents(files), told };
}

/** One crash at the function with this number, if the load calls it. */
async function crash(before: Before, index: number, leaves: Leaves): Promise<boolean> {
  const disk = crashableFiles(before.files);
  const told: Told = new Map(before.told);
  const wasm = new WebAssembly.Module(plantTrap(clean, index));
  const crashes: Error[] = [];
  const codes: number[] = [];
  const onCrash = (error: Error) => void crashes.push(error);
  let hub: Hub | null = null;
  try {
    hub = await open({ files: disk.files, wasm, onCrash });
  } catch (error) {
    expect(error, `function ${index}`).toMatchObject({ name: 'CoreCrash' });
  }
  if (hub) {
    hub.openSocket({ send: () => {}, close: (code) => void codes.push(code) });
    await load(hub, told, 'after');
    if (crashes.length === 0) return false;
    expect(crashes).toHaveLength(1);
    expect(crashes[0]?.message).toMatch(/^the core stopped \([\w .():/=<>!&|;,"+-]+\)$/);
    expect(codes).toEqual([1011]);
    for (const path of ['/healthz', '/metrics', '/api/events/0', '/api/changes']) {
      const { status, json } = await ask(hub, 'GET', path);
      expect(status, `${path} after function ${index}`).toBe(503);
      expect(json.detail).toBe(
        'The hub has ended after an internal error and must be started again',
      );
    }
    expect((await ask(hub, 'POST', '/api/events', { topic: 'trap.late' })).status).toBe(503);
    await hub.close();
  }

  const errors: string[] = [];
  const log = (level: string, message: string) => void (level === 'error' && errors.push(message));
  const again = await open({ files: disk.left(leaves), log });
  expect(await missing(again, told), `function ${index}, ${leaves}`).toEqual([]);
  expect(errors).toEqual([]);
  expect((await ask(again, 'POST', '/api/events', { topic: 'trap.again' })).status).toBe(200);
  await again.close();
  return true;
}

test(
  'a trap anywhere in the core ends the hub, and nothing that it acknowledged is lost',
  async () => {
    const before = await quietHub();
    const functions = functionsOf(clean);
    let met = 0;
    for (let offset = 0; met < TRAPS && offset < STRIDE; offset++) {
      for (let index = offset; met < TRAPS && index < functions; index += STRIDE) {
        if (await crash(before, index, met % 2 === 0 ? 'durable' : 'all')) met++;
        running.length = 0;
      }
    }
    expect(met).toBe(TRAPS);
  },
  TIMEOUT_MS,
);
