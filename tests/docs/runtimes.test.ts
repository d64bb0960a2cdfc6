import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allEvents, call, KEYS, temporaryFolder, USERS } from '../edge/hub-process.ts';
import { startWorkerd } from '../edge/workerd.ts';
import { packedProject } from '../package/packed.ts';
import { freePort } from '../package/serve.ts';
import { block } from './blocks.ts';

const WAIT = { timeout: 60_000 };
const folder = temporaryFolder();
let project: string;

beforeAll(() => {
  project = packedProject(folder.path);
  // What `npm install` makes of the package's `bin`.
  const bin = join(project, 'node_modules/.bin');
  mkdirSync(bin);
  symlinkSync('../cuesheet/dist/hub/cli.js', join(bin, 'cuesheet'));
  chmodSync(join(project, 'node_modules/cuesheet/dist/hub/cli.js'), 0o755);
  writeFileSync(join(project, 'users.json'), JSON.stringify(USERS));
});
afterAll(() => folder.remove());

/**
 * Runs the command for a port in the project, until `use` is done with the hub on the folder `data`. npx and Deno's
 * launcher are parents of the hub, which notes its own number.
 */
async function running(
  port: number,
  command: string,
  data: string,
  use: (hub: { url: string }, output: string) => Promise<void>,
): Promise<void> {
  const path = [resolve('node_modules/.bin'), process.env['PATH']].join(delimiter);
  const child = spawn('bash', ['-c', `exec ${command}`], {
    cwd: project,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const hub = { url: `http://127.0.0.1:${port}` };
  const health = () =>
    fetch(`${hub.url}/healthz`).then(
      ({ status }) => status,
      () => (child.exitCode === null ? 'starting' : output),
    );
  try {
    await expect.poll(health, WAIT).toBe(200);
    await use(hub, output);
  } finally {
    const pid = Number.parseInt(readFileSync(join(project, data, 'lock'), 'utf8'), 10);
    if (child.exitCode === null) process.kill(pid, 'SIGTERM');
    await ended;
  }
}

const dispatch = (hub: { url: string }, key: string, topic: string) =>
  call(hub, 'POST', '/api/events', { key, body: { topic } });

test(
  'the commands start a hub on Node, Deno and Bun, over one folder',
  { timeout: 240_000 },
  async () => {
    const commands = [
      block('docs/runtimes.md#node'),
      block('docs/runtimes.md#deno'),
      block('docs/runtimes.md#bun'),
    ];
    let key = '';
    for (const [index, command] of commands.entries()) {
      const port = await freePort();
      await running(port, command.replace('5000', String(port)), 'events', async (hub, output) => {
        key ||= /service {2}API key {2}(\S+)/.exec(output)?.[1] ?? ''; // only the first start makes users
        expect((await dispatch(hub, key, `demo.number${index}`)).status).toBe(200);
        const query = '{ events(first: 10) { edges { node { topic } } } }';
        const { body } = await call(hub, 'POST', '/graphql', { key, body: { query } });
        expect(body.data.events.edges).toHaveLength(index + 1);
      });
    }
  },
);

describe('the program', () => {
  test.each([
    ['Node', 'node', 'serveNode', 'node'],
    ['Deno', 'deno run -A', 'serveDeno', 'deno'],
    ['Bun', 'bun', 'serveBun', 'bun'],
  ])('serves a hub on %s', { timeout: 120_000 }, async (_, command, serve, entry) => {
    const port = await freePort();
    const code = block('docs/runtimes.md#program')
      .replace('5000', String(port))
      .replaceAll('serveNode', serve)
      .replace('cuesheet/hub/node', `cuesheet/hub/${entry}`);
    rmSync(join(project, 'data'), { recursive: true, force: true });
    writeFileSync(join(project, 'hub.js'), code);
    await running(port, `${command} hub.js`, 'data', async (hub) => {
      expect((await dispatch(hub, KEYS.service, 'demo.program')).status).toBe(200);
      expect((await allEvents(hub)).map(({ topic }) => topic)).toEqual(['demo.program']);
    });
  });
});

test('the Worker is a hub in workerd', async () => {
  writeFileSync(join(project, 'worker.ts'), block('docs/runtimes.md#cloudflare'));
  const { miniflare, url } = await startWorkerd({
    folder: join(folder.path, 'workerd'),
    entry: join(project, 'worker.ts'),
    bindings: { CUESHEET_USERS: JSON.stringify(USERS) },
  });
  expect((await dispatch({ url }, KEYS.service, 'demo.worker')).status).toBe(200);
  expect(await allEvents({ url })).toHaveLength(1);
  await miniflare.dispose();
});
