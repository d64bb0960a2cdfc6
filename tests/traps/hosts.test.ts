import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
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
  hubWithTrap = await trapAtLastStep('cuesheet-hub');
  replicaWithTrap = await trapAtLastStep('cuesheet');
}, TIMEOUT_MS);

const folder = temporaryFolder();
afterEach(() => {
  folder.remove();
  rmSync(TRAPPED, { recursive: true, force: true });
});

const dispatch = (hub: { url: string }, topic: string) =>
  call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic, finished: false } });
const read = (hub: { url: string }, id: string) =>
  call(hub, 'GET', `/api/events/${id}`, { key: KEYS.service });

/** The command from the copy with the trap. */
async function startTrapped(data: string): Promise<{ child: ChildProcess; url: string }> {
  cpSync('dist/hub', TRAPPED, { recursive: true });
  writeFileSync(join(TRAPPED, 'cuesheet-hub.wasm'), hubWithTrap);
  const users = join(folder.path, 'users.json');
  writeFileSync(users, JSON.stringify(USERS));
  const args = ['hub', '--port', '0', '--data', data, '--users', users, '--no-sample'];
  const child = spawn(process.execPath, [join(TRAPPED, 'cli.js'), ...args]);
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  await expect.poll(() => output, { timeout: 30_000 }).toMatch(/ready on/);
  return { child, url: /ready on (\S+)/.exec(output)?.[1] ?? '' };
}

describe('a trap of the core', () => {
  test('ends the command with a code and a sentence; the next one has what was acknowledged', async () => {
    const { child, url } = await startTrapped(join(folder.path, 'data'));
    let said = '';
    child.stderr?.on('data', (text) => (said += text));
    const code = new Promise((resolve) => child.once('exit', resolve));
    const { id } = (await dispatch({ url }, 'trap.kept')).body;
    const refused = await call({ url }, 'DELETE', `/api/events/${id}`, { key: KEYS.service });
    expect(refused.status).toBe(500);
    expect(await code).toBe(CRASHED);
    expect(said).toMatch(/cuesheet: the core stopped \(.+\): start it again/);

    const hub = await startHub(folder.path);
    expect((await read(hub, id)).body).toMatchObject({ topic: 'trap.kept' });
    expect(await hub.stop()).toBe(0);
  });

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
