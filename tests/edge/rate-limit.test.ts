import { expect, test } from 'vitest';
import { createRateLimit } from '../../worker/edge/rate-limit.ts';
import { BUN, DENO } from './runtimes.ts';
import { startWorkerd } from './workerd.ts';
import { call, KEYS, startHub, temporaryFolder, USERS } from './hub-process.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

test('a caller has a burst, then a rate, and takes nothing from others', () => {
  let now = 0;
  const limit = createRateLimit({ perSecond: 2, burst: 3 }, () => now);
  expect([limit('a'), limit('a'), limit('a'), limit('a')]).toEqual([0, 0, 0, 1]);
  expect(limit('b')).toBe(0);
  now = 500;
  expect([limit('a'), limit('a')]).toEqual([0, 1]);
});

test.each(['node', 'deno', 'bun', 'workerd'])(
  'over the rate a user gets 429 and the time to come again; other users do not, on %s',
  async (runtime) => {
    const folder = temporaryFolder();
    const users = join(folder.path, 'users.json');
    writeFileSync(users, JSON.stringify(USERS));
    const flags = ['--users', users, '--no-sample', '--rate', '0.1'];
    const hub = await start(runtime, folder.path, flags);
    try {
      const me = (key: string) => call(hub, 'GET', '/api/users/me', { key });
      expect((await me(KEYS.admin)).status).toBe(200);
      const { status, body, headers } = await me(KEYS.admin);
      expect([status, body.code]).toEqual([429, 429]);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(5);
      expect((await me(KEYS.manager)).status).toBe(200);
    } finally {
      await hub.stop();
      folder.remove();
    }
  },
);

async function start(runtime: string, folder: string, flags: string[]) {
  if (runtime !== 'workerd') {
    const command = { node: [process.execPath], deno: DENO, bun: BUN }[runtime];
    return startHub(folder, { flags, ...(command && { runtime: command }) });
  }
  const bindings = { CUESHEET_USERS: JSON.stringify(USERS), CUESHEET_RATE: '0.1' };
  const { url, miniflare } = await startWorkerd({ folder, bindings, quiet: true });
  return { url, stop: () => miniflare.dispose() };
}
