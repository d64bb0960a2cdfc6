// The way back after a step of the storage format: the newer build writes the events out, the older one imports them
// (docs/hub.md, Backup). With the package that scripts/frozen-build.mjs makes from the history: npm run test:frozen.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type HubProcess, KEYS, startHub, temporaryFolder } from '../edge/hub-process.ts';

const TODAY = 'dist/hub/cli.js';
const LIMIT_MS = 60_000;
const WRITTEN = 40;

interface Event {
  id: string;
  status: string;
  description: string;
  payload: Record<string, unknown>;
}

/** `npm run test:frozen` makes it; `npm test` has no hub of the older build. */
const folder = process.env['CUESHEET_FROZEN'] ?? '';
const work = temporaryFolder();
afterAll(() => work.remove());

function cuesheet(cli: string, ...args: string[]): string {
  const env = { ...process.env, CUESHEET_API_KEY: KEYS.service };
  const run = spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 26,
    timeout: LIMIT_MS,
  });
  expect(run.status, run.stderr).toBe(0);
  return run.stdout;
}

function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function eventsOf(file: string): Event[] {
  return textOf(file)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The command of the older build. */
function unpack(folder: string): string {
  const place = join(work.path, 'older');
  mkdirSync(place);
  execFileSync('tar', ['-xzf', join(folder, 'cuesheet.tgz'), '-C', place]);
  symlinkSync(resolve('node_modules'), join(place, 'node_modules'));
  return join(place, 'package/dist/hub/cli.js');
}

/** Every kind of change, by the hub of today, on the older folder's events. */
async function writeOn(hub: HubProcess, known: Event[]): Promise<void> {
  const send = async (method: string, path: string, body?: object) => {
    const answer = await call(hub, method, path, { key: KEYS.service, body });
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    return answer.body;
  };
  const ids: string[] = [];
  for (let number = 0; number < WRITTEN; number++) {
    const { id } = await send('POST', '/api/events', {
      topic: 'render.newer',
      description: `Newer ${number}, geprüft`,
      hash: number % 5 === 0 ? `newer-${number}` : null,
      summary: { number },
      payload: { text: 'x'.repeat(number * 500), number },
      dependsOn: number % 4 === 3 ? ids.at(-1) : null,
    });
    ids.push(id);
  }
  const [first, second, third] = known.slice(10);
  await send('PATCH', `/api/events/${first?.id}`, { status: 'failed', payload: { later: 1 } });
  await send('PATCH', `/api/events/${ids[0]}`, { description: 'Changed', retries: 2 });
  await send('DELETE', `/api/events/${second?.id}`);
  await send('DELETE', `/api/events/${ids[5]}`);
  await send('PATCH', `/api/events/${third?.id}`, { progress: 50 });
}

describe.runIf(folder !== '')('after an update', () => {
  let older = '';
  let events: Event[] = [];
  const running = join(work.path, 'backup.ndjson.gz');
  const stopped = join(work.path, 'stopped.ndjson');

  beforeAll(async () => {
    older = unpack(folder);
    const place = join(work.path, 'updated');
    cpSync(join(folder, 'hub'), join(place, 'data'), { recursive: true });
    const known = eventsOf(join(folder, 'events.ndjson'));
    const hub = await startHub(place);
    try {
      await writeOn(hub, known);
      cuesheet(TODAY, 'backup', hub.url, '--out', running);
    } finally {
      expect(await hub.stop()).toBe(0);
    }
    cuesheet(TODAY, 'export', '--data', join(place, 'data'), '--out', stopped);
    events = eventsOf(stopped);
    expect(events).toHaveLength(known.length + WRITTEN - 2);
    const kept = events.slice(0, known.length - 1).map(({ id }) => id);
    expect(kept).toEqual(known.map(({ id }) => id).filter((id) => id !== known[11]?.id));
    expect(events.slice(20, 100)).toEqual(known.slice(21, 101)); // one before them was removed
    expect(events.at(-1)?.payload).toEqual({ text: 'x'.repeat(19_500), number: 39 });
  }, 2 * LIMIT_MS);

  test('a backup of the running hub is the export of its folder', () => {
    expect(eventsOf(running)).toEqual(events);
  });

  test.each([
    ['a backup of the running hub', running],
    ['an export of the folder', stopped],
  ])(
    'the older build imports %s: the same events, order and payloads',
    async (_, file) => {
      const place = join(work.path, file.endsWith('.gz') ? 'back-running' : 'back-stopped');
      const plain = `${file}.plain`; // the import of 0.1.0 reads no gzip
      writeFileSync(plain, textOf(file));
      const data = join(place, 'data');
      const told = cuesheet(older, 'import', plain, '--data', data);
      expect(told).toContain(`${events.length} events imported, 0 here already, 0 refused`);
      cuesheet(older, 'verify', '--data', data);
      const exported = join(place, 'events.ndjson');
      cuesheet(older, 'export', '--data', data, '--out', exported);
      expect(eventsOf(exported)).toEqual(events);
    },
    LIMIT_MS,
  );
});
