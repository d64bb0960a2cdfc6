import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { call, KEYS, startHub } from '../edge/hub-process.ts';

const FIXTURES = 'tests/frozen';
const work = mkdtempSync(join(tmpdir(), 'cuesheet-frozen-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Folders with `hub/` and `events.ndjson`: those that are committed, and by npm run test:frozen what is made from the history. */
const frozen = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }): [string, string] => [`${name}, as committed`, join(FIXTURES, name)]);
const made = process.env['CUESHEET_FROZEN'];
if (made !== undefined) frozen.push([`${made}, from the history`, made]);

const cuesheet = (...args: string[]) =>
  spawnSync(process.execPath, ['dist/hub/cli.js', ...args], { encoding: 'utf8', timeout: 60_000 });

const linesOf = (text: string): object[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test.each(frozen)('a folder of %s is clean, and has the same events', (name, folder) => {
  const data = join(work, name.replaceAll('/', '-'), 'data');
  cpSync(join(folder, 'hub'), data, { recursive: true });
  const before = cuesheet('verify', '--data', data);
  expect(before.stdout).toMatch(/ no problems/);
  expect(before.status).toBe(0);

  const exported = cuesheet('export', '--data', data);
  expect(exported.status).toBe(0);
  const events = readFileSync(join(folder, 'events.ndjson'), 'utf8');
  expect(linesOf(events).length).toBeGreaterThan(100);
  expect(linesOf(exported.stdout)).toEqual(linesOf(events));
  expect(cuesheet('verify', '--data', data).status).toBe(0);
});

test.each(frozen)(
  'a hub opens a folder of %s, shows its events and writes on',
  async (name, folder) => {
    const place = join(work, `${name.replaceAll('/', '-')}-hub`);
    cpSync(join(folder, 'hub'), join(place, 'data'), { recursive: true });
    const known = linesOf(readFileSync(join(folder, 'events.ndjson'), 'utf8')) as { id: string }[];
    const hub = await startHub(place);
    const query = '{ events(first: 1000, includeLogs: true) { edges { node { id } } } }';
    const page = await call(hub, 'POST', '/graphql', { key: KEYS.admin, body: { query } });
    const ids = page.body.data.events.edges.map((edge: { node: { id: string } }) => edge.node.id);
    expect(ids).toEqual(known.map(({ id }) => id));
    for (const event of [known[0], known.at(-1)]) {
      const path = `/api/events/${event?.id}`;
      const shown = await call(hub, 'GET', path, { key: KEYS.admin });
      expect(shown.body).toEqual(event);
    }
    const body = { topic: 'render.frame', description: 'written by the build of today' };
    expect((await call(hub, 'POST', '/api/events', { key: KEYS.service, body })).status).toBe(200);
    expect(await hub.stop()).toBe(0);
    const after = cuesheet('verify', '--data', join(place, 'data'));
    expect(after.stdout).toMatch(/ no problems/);
    expect(after.status).toBe(0);
  },
);

test.each(made === undefined ? [] : [made])(
  'a relay does not follow a hub of %s, whose feed has no payloads, and says so',
  async (folder) => {
    const place = join(work, 'old-hub');
    mkdirSync(place);
    spawnSync('tar', ['-xzf', join(folder, 'cuesheet.tgz'), '-C', place]);
    symlinkSync(resolve('node_modules'), join(place, 'node_modules'));
    const hub = await startHub(place, { cli: join(place, 'package/dist/hub/cli.js') });
    const env = { ...process.env, CUESHEET_UPSTREAM_KEY: KEYS.service };
    const args = ['dist/hub/cli.js', 'relay', hub.url, '--port', '0'];
    const relay = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    relay.stdout.on('data', (text) => (output += text));
    relay.stderr.on('data', (text) => (output += text));
    try {
      const body = { topic: 'render.frame', payload: { number: 1 } };
      const made = await call(hub, 'POST', '/api/events', { key: KEYS.service, body });
      expect(made.status).toBe(200);
      await expect.poll(() => output, { timeout: 30_000 }).toContain('update the hub');
      await expect.poll(() => output, { timeout: 30_000 }).toContain('ready on');
      const url = /cuesheet relay ready on (\S+)/.exec(output)?.[1];
      expect((await fetch(`${url}/healthz`)).status).toBe(503);
      const shown = await call({ url: url ?? '' }, 'GET', `/api/events/${made.body.id}`, {
        key: KEYS.service,
      });
      expect(shown.status).toBe(200); // the upstream's own answer
    } finally {
      relay.kill('SIGKILL');
      expect(await hub.stop()).toBe(0);
    }
  },
);

test.each(made === undefined ? [] : [made])(
  'a relay of %s follows the hub of today',
  async (folder) => {
    const place = join(work, 'old-relay');
    mkdirSync(place);
    spawnSync('tar', ['-xzf', join(folder, 'cuesheet.tgz'), '-C', place]);
    symlinkSync(resolve('node_modules'), join(place, 'node_modules'));
    const hub = await startHub(place);
    const dispatch = (topic: string) =>
      call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic, payload: { topic } } });
    const before = (await dispatch('render.before')).body.id;
    const env = { ...process.env, CUESHEET_UPSTREAM_KEY: KEYS.service };
    const args = [join(place, 'package/dist/hub/cli.js'), 'relay', hub.url, '--port', '0'];
    const relay = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    relay.stdout.on('data', (text) => (output += text));
    relay.stderr.on('data', (text) => (output += text));
    try {
      await expect.poll(() => output, { timeout: 30_000 }).toContain('ready on');
      const url = /cuesheet relay ready on (\S+)/.exec(output)?.[1] ?? '';
      const later = (await dispatch('render.later')).body.id;
      const query = '{ events(last: 10) { edges { node { id } } } }';
      const shown = async () => {
        const page = await call({ url }, 'POST', '/graphql', { key: KEYS.admin, body: { query } });
        const edges: { node: { id: string } }[] = page.body.data?.events.edges ?? [];
        return edges.map(({ node }) => node.id);
      };
      await expect.poll(shown, { timeout: 30_000 }).toEqual([later, before]);
    } finally {
      relay.kill('SIGKILL');
      expect(await hub.stop()).toBe(0);
    }
  },
);

test('without the commit in the history a frozen build says what to do', () => {
  const run = spawnSync('node', ['scripts/frozen-build.mjs', '0000000'], { encoding: 'utf8' });
  expect(run.status).toBe(3);
  expect(run.stderr).toBe(
    'no commit 0000000 in this clone, which is a shallow one perhaps: git fetch --unshallow\n',
  );
});
