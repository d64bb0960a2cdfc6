import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { call, KEYS, startHub, temporaryFolder } from './hub-process.ts';

const folders: { remove(): void }[] = [];
const newFolder = (): string => {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder.path;
};
afterAll(() => {
  for (const folder of folders) folder.remove();
});

const cuesheet = (...args: string[]) =>
  spawnSync(process.execPath, ['dist/hub/cli.js', ...args], { encoding: 'utf8', timeout: 20_000 });

test('--help says the same before and after the build', () => {
  const help = cuesheet('start', '--help');
  expect(help.status).toBe(0);
  for (const flag of ['--port', '--data', '--users', '--no-sample', '--host', '--help']) {
    expect(help.stdout).toContain(flag);
  }
  const start = spawnSync('bash', ['scripts/start', '--help'], { encoding: 'utf8' });
  expect(start.stdout).toBe(help.stdout);
});

test.each([
  [['start', '--nonsense'], /--nonsense/],
  [['start', '--port', 'x'], /--port: expected a number from 0 to 65535, got 'x'/],
  [['fly'], /no command is called 'fly'/],
  [['hub', 'here'], /hub: 'here' is one argument too many/],
  [['hub', '--rate', '0'], /--rate: expected a number up to 1000000, got '0'/],
  [['hub', '--log', 'xml'], /--log: expected text, json, off, got 'xml'/],
  [['hub', '--jwt-issuer', 'me'], /--jwt-issuer, --jwt-audience: say with --jwks/],
  [['hub', '--jwks', 'no-such-file'], /--jwks no-such-file: ENOENT/],
  [['hub', '--jwks', 'package.json'], /--jwks package.json: /],
  [['relay', 'nowhere'], /relay: expected the URL of a hub or an AYON server, got 'nowhere'/],
  [['relay', 'http://127.0.0.1:1'], /relay: CUESHEET_UPSTREAM_KEY holds no API key/],
])('%j is refused with a sentence and exit code 2', (args, sentence) => {
  const run = cuesheet(...args);
  expect(run.status).toBe(2);
  expect(run.stderr).toMatch(sentence);
  expect(run.stderr).not.toContain('    at '); // no stack
});

test('a relay refuses a format of its log that it does not know', () => {
  const env = { ...process.env, CUESHEET_UPSTREAM_KEY: 'key' };
  const args = ['dist/hub/cli.js', 'relay', 'http://127.0.0.1:1', '--log', 'xml'];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', env, timeout: 20_000 });
  expect(run.status).toBe(2);
  expect(run.stderr).toMatch(/--log: expected text, json, off, got 'xml'/);
});

test('a port in use is refused with a sentence and exit code 1, and leaves no lock', async () => {
  const folder = newFolder();
  const hub = await startHub(folder);
  const port = new URL(hub.url).port;
  const data = join(newFolder(), 'data');
  const run = cuesheet('start', '--port', port, '--data', data, '--no-sample');
  expect(run.status).toBe(1);
  expect(run.stderr).toBe(`cuesheet: port ${port} is in use: choose another one with --port\n`);
  expect(() => statSync(join(data, 'lock'))).toThrow();
  await hub.stop();
});

test('without a users file the secrets are shown once, work, and are kept as hashes', async () => {
  const folder = newFolder();
  const flags = ['--no-sample'];
  const first = await startHub(folder, { flags });
  const key = /API key {2}(\w+)/.exec(first.output())?.[1] ?? '';
  const password = /password (\w+)/.exec(first.output())?.[1] ?? '';
  const me = await call(first, 'GET', '/api/users/me', { key });
  expect(me.body).toMatchObject({ name: 'service', data: { isService: true } });
  const login = { body: { name: 'admin', password } };
  expect((await call(first, 'POST', '/api/auth/login', login)).status).toBe(200);
  await first.stop();

  for (const name of ['users.json', 'sessions.json']) {
    const path = join(folder, 'data', name);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const secret of [key, password, first.link.split('=')[1] as string]) {
      expect(readFileSync(path, 'utf8')).not.toContain(secret);
    }
  }
  writeFileSync(join(folder, 'data', 'sessions.json'), ''); // a power cut in an old file system
  writeFileSync(join(folder, 'data', 'lock'), ''); // killed between making and writing it
  const second = await startHub(folder, { flags });
  expect(second.output()).not.toContain('API key');
  expect((await call(second, 'GET', '/api/users/me', { key })).status).toBe(200);
  expect(await second.stop()).toBe(0);
});

test('a lock whose process id went to another process is taken over', async () => {
  const folder = newFolder();
  await (await startHub(folder)).stop();
  writeFileSync(join(folder, 'data', 'lock'), `${process.pid}\n1\n`); // we started later than that
  expect(await (await startHub(folder)).stop()).toBe(0);
});

test('the page is served with its types and a content security policy', async () => {
  const hub = await startHub(newFolder());
  const types: Record<string, string> = {
    '/': 'text/html; charset=utf-8',
    '/page.js': 'text/javascript; charset=utf-8',
    '/cuesheet.wasm': 'application/wasm',
  };
  for (const [path, type] of Object.entries(types)) {
    const response = await fetch(hub.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  }
  const head = await fetch(`${hub.url}/page.js`, { method: 'HEAD' });
  expect(head.status).toBe(200);
  await hub.stop();
});

test('the sample fills an empty hub with events of 20 topics, and its jobs move on after a restart', async () => {
  const folder = newFolder();
  const users = join(folder, 'sample-users.json');
  const data = { isService: true };
  writeFileSync(
    users,
    JSON.stringify([
      { name: 'svc', apiKey: KEYS.service, data },
      { name: 'mona', data: { isManager: true } },
      { name: 'adm', apiKey: KEYS.admin, data: { isAdmin: true } },
    ]),
  );
  const flags = ['--users', users];
  const ask = async (hub: { url: string }, args: string) => {
    const query = `{ events(${args}) { edges { node { id topic user project dependsOn updatedAt } } } }`;
    const { body } = await call(hub, 'POST', '/graphql', { key: KEYS.admin, body: { query } });
    return body.data.events.edges.map((edge: { node: object }) => edge.node);
  };
  const running = 'statuses: ["in_progress"], includeLogs: true';
  const until = async (check: () => Promise<boolean>) => {
    for (let i = 0; i < 60 && !(await check()); i++) await new Promise((r) => setTimeout(r, 250));
    expect(await check()).toBe(true);
  };

  const first = await startHub(folder, { flags });
  await until(async () => (await ask(first, running)).length > 0);
  const all = await ask(first, 'first: 1000, includeLogs: true');
  const distinct = (key: string) =>
    new Set(all.map((event: Record<string, string>) => event[key])).size;
  expect(all.length).toBeGreaterThan(140);
  expect(distinct('topic')).toBeGreaterThanOrEqual(20);
  expect(distinct('user')).toBe(3);
  expect(distinct('project')).toBeGreaterThan(2);
  await first.stop();

  const second = await startHub(folder, { flags });
  const [job] = await ask(second, running);
  await until(async () => {
    const [now] = await ask(second, `ids: ["${job.id}"]`);
    return now.updatedAt > job.updatedAt;
  });
  await second.stop();
});

test('the package’s own command is what npm links', async () => {
  const { stdout } = await promisify(execFile)('dist/hub/cli.js', ['--help']);
  for (const command of ['hub', 'export', 'import', 'verify']) {
    expect(stdout).toContain(`cuesheet ${command} `);
    expect(cuesheet(command, '--help').stdout).toContain(`usage: cuesheet ${command}`);
  }
});

test('every option of every command stands in the help and in docs/hub.md', () => {
  const page = readFileSync('docs/hub.md', 'utf8');
  for (const command of ['hub', 'relay']) {
    const options = cuesheet(command, '--help').stdout.match(/^ +--[a-z-]+/gm) ?? [];
    expect(options.length).toBeGreaterThan(4);
    for (const option of options)
      if (!option.endsWith('--help')) expect(page).toContain(option.trim());
  }
});
