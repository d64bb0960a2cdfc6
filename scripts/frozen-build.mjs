// A build of an earlier commit, and what it wrote: node scripts/frozen-build.mjs [COMMIT] makes them from the history, and
// prints the folder that has them. It is made once for each commit, and kept beside the toolchain ($CUESHEET_CACHE):
//   cuesheet.tgz   the packed package
//   hub/           the folder of a hub that ran on it (--data)
//   events.ndjson  the events in there, as that build exports them
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { startHub } from './hub-child.mjs';

/** The first release whose files are kept readable: 0.1.0. */
const FIRST = 'c750f0a';
const KEY = 'frozen-key';
const USERS = [
  { name: 'farm', apiKey: KEY, data: { isService: true } },
  { name: 'mona', data: { isManager: true } },
];
const EVENTS = 120;
const STATUSES = ['in_progress', 'finished', 'failed', 'aborted', 'restarted'];

const commit = commitOf(process.argv[2] ?? FIRST);
const cache = join(realpathSync('.toolchain'), 'frozen');
const done = join(cache, commit);
if (!existsSync(done)) await make(done);
console.log(done);

function commitOf(name) {
  try {
    const args = ['rev-parse', '--verify', '--quiet', '--short=12', `${name}^{commit}`];
    return execFileSync('git', args, { encoding: 'utf8' }).trim();
  } catch {
    console.error(
      `no commit ${name} in this clone, which is a shallow one perhaps: git fetch --unshallow`,
    );
    process.exit(3);
  }
}

async function make(folder) {
  const tree = `${folder}.tree-${process.pid}`;
  const made = `${folder}.made-${process.pid}`;
  try {
    mkdirSync(tree, { recursive: true });
    mkdirSync(made);
    const archive = execFileSync('git', ['archive', commit], { maxBuffer: 2 ** 30 });
    execFileSync('tar', ['-x', '-C', tree], { input: archive });
    symlinkSync(realpathSync('.toolchain'), join(tree, '.toolchain'));
    symlinkSync(resolve('node_modules'), join(tree, 'node_modules'));
    const inTree = { cwd: tree, stdio: ['ignore', 2, 2] };
    execFileSync('bash', ['scripts/build'], inTree);
    const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', made], {
      cwd: tree,
      encoding: 'utf8',
    });
    renameSync(join(made, packed.trim()), join(made, 'cuesheet.tgz'));
    await fill(tree, join(made, 'hub'));
    const cli = [join(tree, 'dist/hub/cli.js'), 'export', '--data', join(made, 'hub')];
    execFileSync(process.execPath, [...cli, '--out', join(made, 'events.ndjson')], inTree);
    renameSync(made, folder);
  } finally {
    for (const path of [tree, made]) rmSync(path, { recursive: true, force: true });
  }
}

/** Runs the hub of a built tree on a new folder, and writes every kind of change to it. */
async function fill(tree, data) {
  const users = join(tree, 'frozen-users.json');
  writeFileSync(users, JSON.stringify(USERS));
  const flags = ['--data', data, '--users', users, '--no-sample'];
  const hub = await startHub(flags, { cli: join(tree, 'dist/hub/cli.js') });
  try {
    await write(hub.url);
  } finally {
    await hub.stop();
  }
  // What is secret, and what is of a run and not of the store.
  for (const name of ['users.json', 'sessions.json', 'lock'])
    rmSync(join(data, name), { force: true });
}

async function write(url) {
  const call = async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', 'x-api-key': KEY },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  };
  const ids = [];
  for (let number = 0; number < EVENTS; number++) {
    const { id } = await call('POST', '/api/events', {
      topic: ['render.frame', 'entity.task.status_changed', 'log.info'][number % 3],
      project: number % 4 === 0 ? null : `show_${number % 4}`,
      hash: number % 5 === 0 ? `hash-${number}` : null,
      description: `Frame ${1000 + number}, überprüft`,
      summary: { entityId: `task-${number % 7}`, frame: number },
      payload: number % 2 === 0 ? { frames: Array.from({ length: number }, (_, i) => i) } : {},
      dependsOn: number % 6 === 5 ? ids[number - 1] : null,
      finished: number % 3 !== 0,
    });
    ids.push(id);
  }
  for (let number = 0; number < EVENTS; number += 3) {
    const status = STATUSES[number % STATUSES.length];
    await call('PATCH', `/api/events/${ids[number]}`, {
      status,
      progress: number % 100,
      retries: number % 2,
      ...(number % 9 === 0 && { description: 'Changed', payload: { changed: number } }),
    });
  }
  for (let number = 7; number < EVENTS; number += 36)
    await call('DELETE', `/api/events/${ids[number]}`);
}
