import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { allEvents, call, KEYS, startHub, temporaryFolder } from './hub-process.ts';

const CLI = 'dist/hub/cli.js';
const folders: { remove(): void }[] = [];
const newFolder = (): string => {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder.path;
};
afterAll(() => {
  for (const folder of folders) folder.remove();
});

const run = (args: string[], input?: string) =>
  spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 << 20,
    ...(input !== undefined && { input }),
  });

/** Events of an export; `size` bytes of payload each. */
function lines(count: number, size = 100): string {
  let text = '';
  for (let i = 0; i < count; i++) {
    const time = new Date(1_774_000_000_000 + i * 1000).toISOString();
    const id = i.toString(16).padStart(32, '0').replace(/^0/, 'e');
    const payload = { text: 'y'.repeat(size) };
    text += `${JSON.stringify({ id, topic: 'demo.job', payload, createdAt: time, updatedAt: time })}\n`;
  }
  return text;
}

test('what a hub stored is exported, imported into another folder, and served there', async () => {
  const folder = newFolder();
  const hub = await startHub(folder);
  const parent = await call(hub, 'POST', '/api/events', {
    key: KEYS.service,
    body: { topic: 'demo.parent', payload: { a: [1, 'é'] } },
  });
  for (let i = 0; i < 20; i++) {
    const body = { topic: 'demo.child', dependsOn: parent.body.id, finished: false, hash: `h${i}` };
    await call(hub, 'POST', '/api/events', { key: KEYS.service, body });
  }
  const stored = await allEvents(hub);
  const one = await call(hub, 'GET', `/api/events/${parent.body.id}`, { key: KEYS.admin });
  const busy = run(['export', '--data', join(folder, 'data')]);
  expect(busy.status).toBe(1);
  expect(busy.stderr).toMatch(/^cuesheet: .*data is used by the hub with process id \d+/);
  await hub.stop();

  const exported = run(['export', '--data', join(folder, 'data')]);
  expect(exported.stderr).toBe('');
  expect(exported.status).toBe(0);
  const other = newFolder();
  const imported = run(['import', '-', '--data', join(other, 'data')], exported.stdout);
  expect(imported.stderr).toBe('');
  expect(imported.stdout).toBe('21 events imported, 0 here already, 0 refused\n');
  expect(imported.status).toBe(0);
  expect(run(['export', '--data', join(other, 'data')]).stdout).toBe(exported.stdout);

  const next = await startHub(other);
  expect(await allEvents(next)).toEqual(stored);
  const copy = await call(next, 'GET', `/api/events/${parent.body.id}`, { key: KEYS.admin });
  expect(copy.body).toEqual(one.body);
  await next.stop();
});

test('a file of many parts goes in and out as it is, and a second import changes nothing', () => {
  const folder = newFolder();
  const [file, out, data] = ['in', 'out', 'data'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(file, lines(12_000, 800)); // more than 10 MB
  expect(run(['import', file, '--data', data]).stdout).toMatch(/^12,000 events imported, 0 here/);
  expect(run(['import', file, '--data', data]).stdout).toMatch(/^0 events imported, 12000 here/);
  const exported = run(['export', '--data', data, '--out', out]);
  expect(exported.stdout).toMatch(/^12,000 events \(\d+\.\d MiB\) in .*out\n$/);
  expect(exported.stderr).toBe(''); // progress is for terminals
  const text = readFileSync(out, 'utf8');
  expect(text.split('\n')).toHaveLength(12_001);
  expect(JSON.parse(text.slice(0, text.indexOf('\n'))).payload.text).toHaveLength(800);
  expect(existsSync(`${out}.part`)).toBe(false);
  expect(existsSync(join(data, 'lock'))).toBe(false);
});

test('refused lines are named, the others go in, and the exit code says so', () => {
  const data = join(newFolder(), 'data');
  const input = `${lines(2)}no event\n${lines(3)}{"id":"cut`;
  const result = run(['import', '-', '--data', data], input);
  expect(result.status).toBe(1);
  expect(result.stdout).toBe('3 events imported, 2 here already, 2 refused\n');
  expect(result.stderr).toMatch(/^line 3: not valid JSON.*\nline 7: not valid JSON.*\n$/);
});

test('an import that is killed leaves whole events, a free folder, and can be done again', async () => {
  const folder = newFolder();
  const data = join(folder, 'data');
  const child = spawn(process.execPath, [CLI, 'import', '-', '--data', data]);
  const exit = new Promise((resolve) => child.once('exit', resolve));
  const all = lines(20_000, 800);
  child.stdin.on('error', () => {}); // it ends before it has read all
  child.stdin.write(all.slice(0, all.length - 1_000_000));
  const isSaved = () =>
    existsSync(join(data, 'events')) &&
    readdirSync(join(data, 'events')).some((name) => name.startsWith('manifest-'));
  for (let i = 0; i < 400 && !isSaved(); i++) await new Promise((r) => setTimeout(r, 25));
  expect(isSaved()).toBe(true);
  child.kill('SIGTERM');
  expect(await exit).toBe(143);
  expect(existsSync(join(data, 'lock'))).toBe(false);
  writeFileSync(join(folder, 'all'), all);
  const again = run(['import', join(folder, 'all'), '--data', data]);
  const [, added, known] = /^([\d,]+) events imported, (\d+) here/.exec(again.stdout) ?? [];
  expect(Number(known)).toBeGreaterThan(0);
  expect(Number(added?.replace(',', '')) + Number(known)).toBe(20_000);
});

test.each([
  [['export', '--data', 'no-such-folder'], 1, /no-such-folder holds no events: name the folder/],
  [['export', 'x'], 2, /'x' is one argument too many/],
  [['import'], 2, /name the file to read/],
  [['import', 'no-such-file'], 1, /no such file.*no-such-file/],
  [['verify', '--nonsense'], 2, /--nonsense/],
  [['verify', '--data', 'no-such-folder'], 1, /no-such-folder holds no events/],
])('%j is refused with a sentence', (args, status, sentence) => {
  const refused = run(args);
  expect(refused.status).toBe(status);
  expect(refused.stderr).toMatch(sentence);
  expect(refused.stderr.trim().split('\n')).toHaveLength(status === 2 ? 2 : 1); // no stack
  expect(existsSync('no-such-folder')).toBe(false);
});

test('a reader that stops early ends an export without a word', async () => {
  const data = join(newFolder(), 'data');
  run(['import', '-', '--data', data], lines(12_000, 800));
  const shell = spawnSync('bash', ['-c', `node ${CLI} export --data ${data} | head -n 1`], {
    encoding: 'utf8',
  });
  expect(shell.stdout.split('\n')).toHaveLength(2);
  expect(shell.stderr).toBe('');
});

test('verify passes a sound folder, and names the file that is damaged without touching it', () => {
  const data = join(newFolder(), 'data');
  run(['import', '-', '--data', data], lines(2000, 800));
  const sound = run(['verify', '--data', data]);
  expect(sound.stderr).toBe('');
  expect(sound.stdout).toMatch(/^\d+ files? checked, no problems\n$/);
  expect(sound.status).toBe(0);
  const [name] = readdirSync(join(data, 'events')).sort();
  const path = join(data, 'events', name as string);
  const bytes = readFileSync(path);
  bytes[100] = (bytes[100] as number) ^ 1;
  writeFileSync(path, bytes);
  appendFileSync(join(data, 'events', 'journal-99999999'), 'no segment');
  const damaged = run(['verify', '--data', data]);
  expect(damaged.stdout).toContain(`${name}: `);
  expect(damaged.stdout).toMatch(/checked, 2 problems\n$/);
  expect(damaged.status).toBe(1);
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('on a terminal one line says how far it is, and goes away', () => {
  const data = join(newFolder(), 'data');
  const file = join(newFolder(), 'events.ndjson');
  writeFileSync(file, lines(1000));
  const command = `${process.execPath} ${CLI} import ${file} --data ${data}`;
  const args = ['--quiet', '--return', '--command', command, '/dev/null'];
  const { status, stdout } = spawnSync('script', args, { encoding: 'utf8', timeout: 60_000 });
  expect(status).toBe(0);
  expect(stdout).toContain('\r\x1b[Kimporting: 1,000 events, 0.2 MiB of 0.2 MiB');
  expect(stdout.split('\r\x1b[K').at(-1)).toBe(
    '1,000 events imported, 0 here already, 0 refused\r\n',
  );
});

test('an export that cannot get its name leaves nothing, and says why', () => {
  const folder = newFolder();
  const data = join(folder, 'data');
  expect(run(['import', '-', '--data', data], lines(3)).status).toBe(0);
  const taken = join(folder, 'taken');
  mkdirSync(taken);
  const { status, stderr } = run(['export', '--data', data, '--out', taken]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^cuesheet: EISDIR/);
  expect(readdirSync(folder).sort()).toEqual(['data', 'taken']);
});
