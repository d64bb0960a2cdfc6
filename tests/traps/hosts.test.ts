import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { killBrowser, launchChromium, serveStatic } from '../browser/launch.ts';
import { LOCAL_PAGE, type LocalWindow } from '../browser/local-page.ts';
import { call, KEYS, startHub, temporaryFolder, USERS } from '../edge/hub-process.ts';
import { startWorkerd } from '../edge/workerd.ts';
import { trapAtLastStep } from './find-trap.ts';

declare const window: LocalWindow & { topics: string[] };

/** A copy of the hub's files whose module has a trap; beside node_modules, where its imports are. */
const TRAPPED = 'build/trapped-hub';
/** EX_SOFTWARE of sysexits.h. */
const CRASHED = 70;
const TIMEOUT_MS = 180_000;

let hubWithTrap: Uint8Array<ArrayBuffer>;
let replicaWithTrap: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  hubWithTrap = await trapAtLastStep('hub');
  replicaWithTrap = await trapAtLastStep('replica');
}, TIMEOUT_MS);

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  folder.remove();
  rmSync(TRAPPED, { recursive: true, force: true });
});

const dispatch = (hub: { url: string }, topic: string) =>
  call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic, finished: false } });
const read = (hub: { url: string }, id: string) =>
  call(hub, 'GET', `/api/events/${id}`, { key: KEYS.service });

/** A copy of the command `cuesheet` with this module. */
function trappedCli(wasm: Uint8Array<ArrayBuffer>): string {
  cpSync('dist/hub', TRAPPED, { recursive: true });
  writeFileSync(join(TRAPPED, 'cuesheet-hub.wasm'), wasm);
  return join(TRAPPED, 'cli.js');
}

interface Trapped {
  url: string;
  code: Promise<number | null>;
  /** On standard error. */
  said(): string;
}

async function startTrapped(wasm: Uint8Array<ArrayBuffer>, args: string[]): Promise<Trapped> {
  const env = { ...process.env, CUESHEET_UPSTREAM_KEY: KEYS.service };
  const child = spawn(process.execPath, [trappedCli(wasm), ...args, '--port', '0'], { env });
  started.push(child);
  let output = '';
  let said = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (said += text));
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await expect.poll(() => output, { timeout: 30_000 }).toMatch(/ready on/);
  return { url: /ready on (\S+)/.exec(output)?.[1] ?? '', code, said: () => said };
}

describe('a trap of the core', () => {
  test('ends the command with a code and a sentence; the next one has what was acknowledged', async () => {
    const users = join(folder.path, 'users.json');
    writeFileSync(users, JSON.stringify(USERS));
    const data = join(folder.path, 'data');
    const flags = ['hub', '--data', data, '--users', users, '--no-sample'];
    const { url, code, said } = await startTrapped(hubWithTrap, flags);
    const { id } = (await dispatch({ url }, 'trap.kept')).body;
    const refused = await call({ url }, 'DELETE', `/api/events/${id}`, { key: KEYS.service });
    expect(refused.status).toBe(500);
    expect(await code).toBe(CRASHED);
    expect(said()).toMatch(/cuesheet: the core stopped \(.+\): start it again/);

    const hub = await startHub(folder.path);
    expect((await read(hub, id)).body).toMatchObject({ topic: 'trap.kept' });
    expect(await hub.stop()).toBe(0);
  });

  test('ends a relay with the same code and sentence', async () => {
    const hub = await startHub(folder.path);
    try {
      const { id } = (await dispatch(hub, 'trap.kept')).body;
      const relay = await startTrapped(await trapAtLastStep('relay'), ['relay', hub.url]);
      const health = async () => (await fetch(`${relay.url}/healthz`)).status;
      await expect.poll(health, { timeout: 30_000 }).toBe(200);
      expect((await read(relay, id)).status).toBe(500);
      expect(await relay.code).toBe(CRASHED);
      expect(relay.said()).toMatch(/cuesheet: the core stopped \(.+\): start it again/);
    } finally {
      await hub.stop();
    }
  });

  test.each(['import', 'export', 'verify'] as const)(
    'ends the command %s with the same code and a sentence; the folder stays as it was',
    async (command) => {
      const hub = await startHub(folder.path);
      const { id } = (await dispatch(hub, 'trap.kept')).body;
      await hub.stop();
      const lines = join(folder.path, 'events.ndjson');
      const cuesheet = (cli: string, name: string, ...args: string[]) => {
        const all = [cli, name, ...args, '--data', join(folder.path, 'data')];
        return spawnSync(process.execPath, all, { encoding: 'utf8', timeout: 60_000 });
      };
      const good = (name: string, ...args: string[]) => cuesheet('dist/hub/cli.js', name, ...args);
      expect(good('export', '--out', lines).status).toBe(0);
      const before = readFileSync(lines, 'utf8');
      expect(before).toContain(id);

      const args = { import: [lines], export: [], verify: [] }[command];
      const run = cuesheet(trappedCli(await trapAtLastStep(command)), command, ...args);
      expect(run.stderr).toMatch(/^cuesheet: the core stopped \(.+\): run it again, nothing .*\n$/);
      expect(run.status).toBe(CRASHED);
      expect(good('verify').status).toBe(0);
      expect(good('export').stdout).toBe(before);
    },
    TIMEOUT_MS,
  );

  test('ends a Durable Object; the next one has what was acknowledged', async () => {
    const bindings = { CUESHEET_USERS: JSON.stringify(USERS) };
    const hub = await startWorkerd({
      folder: folder.path,
      bindings,
      wasm: hubWithTrap,
      quiet: true,
    });
    try {
      const { id } = (await dispatch(hub, 'trap.kept')).body;
      const headers = { 'x-api-key': KEYS.service };
      const removed = await fetch(`${hub.url}/api/events/${id}`, { method: 'DELETE', headers });
      expect(removed.status).toBe(500);
      expect((await read(hub, id)).body).toMatchObject({ topic: 'trap.kept' });
      expect((await dispatch(hub, 'trap.next')).status).toBe(200);
    } finally {
      await hub.miniflare.dispose();
    }
  });

  test('ends a worker; its page goes on with the next one', { timeout: TIMEOUT_MS }, async () => {
    const pages: Record<string, string | Uint8Array> = {
      '/': LOCAL_PAGE,
      '/cuesheet.wasm': replicaWithTrap,
    };
    const server = await serveStatic(pages);
    const browser = await launchChromium(folder.path);
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      await page.waitForFunction(() => window.ready);
      const id = await followed(page);
      delete pages['/cuesheet.wasm']; // the next worker gets a good one
      const error = await page.evaluate(
        (removed) =>
          window.events.remove(removed).catch((caught) => `${caught.code}: ${caught.message}`),
        id,
      );
      expect(error).toMatch(/^state: the core stopped \(.+\): check whether this was done$/);
      const after = await page.evaluate(async () => {
        // The worker that ends may take a write with it, and says so: nobody knows, so it is done again.
        for (let done = false; !done;) {
          done = await window.events.dispatch({ topic: 'trap.after', hash: 'after' }).then(
            () => true,
            ({ code }) => code !== 'owner_lost',
          );
        }
        return (await window.events.query()).events.map(({ topic }) => topic);
      });
      expect(after).toEqual(['trap.after', 'trap.kept']);
      await page.waitForFunction(() => window.topics.join() === 'trap.after,trap.kept');
    } finally {
      killBrowser(folder.path);
      server.close();
    }
  });
});

/** Dispatches an event, and follows all of them; the id. */
function followed(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const { id } = await window.events.dispatch({ topic: 'trap.kept', finished: false });
    window.events.live({}, ({ events }) => {
      window.topics = events.map(({ topic }) => topic);
    });
    await window.events.update(id, { description: 'changed' });
    await window.events.get(id);
    return id;
  });
}
