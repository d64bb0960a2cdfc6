import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { call, KEYS, startHub, temporaryFolder, USERS } from './hub-process.ts';
import { BUN, DENO } from './runtimes.ts';

const RUNTIMES = [
  ['node', [process.execPath]],
  ['deno', DENO],
  ['bun', BUN],
] as const;

test.each(RUNTIMES)(
  'requests are logged as JSON, and no credential is, on %s',
  async (_, runtime) => {
    const folder = temporaryFolder();
    const users = join(folder.path, 'users-file.json');
    const flags = ['--users', users, '--no-sample', '--log', 'json'];
    const hub = await startHub(folder.path, { flags, runtime });
    const login = { name: 'adm', password: 'correct horse' };
    try {
      const { body } = await call(hub, 'POST', '/api/auth/login', { body: login });
      const secret = body.token as string;
      expect(secret).toMatch(/^[0-9a-f]{64}$/);
      await call(hub, 'GET', `/api/users/me?token=${secret}`);
      await call(hub, 'GET', '/api/users/me', { headers: { authorization: `Bearer ${secret}` } });
      await call(hub, 'GET', '/api/users/me', { headers: { cookie: `accessToken=${secret}` } });
      await call(hub, 'GET', '/api/users/me', {
        headers: { authorization: `ApiKey ${KEYS.admin}` },
      });
      await call(hub, 'GET', `/api/nowhere/${secret}`, { key: KEYS.service });
      await call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic: 'demo.a' } });
      await call(hub, 'POST', '/api/auth/login', { body: { ...login, password: 'wrong horse' } });
      await expect.poll(() => hub.output(), { timeout: 5000 }).toContain('"status":403');
      const text = hub.output();
      for (const credential of [secret, KEYS.admin, KEYS.service, 'correct horse', 'wrong horse']) {
        expect(text).not.toContain(credential);
      }
      const entries = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const of = (route: string) => entries.find((entry) => entry.route === route);
      expect(of('/api/events')).toMatchObject({
        level: 'info',
        message: 'request',
        method: 'POST',
        status: 200,
        user: 'svc',
        time: expect.stringMatching(/^20\d\d-.*Z$/),
        ms: expect.any(Number),
      });
      expect(of('other')).toMatchObject({ status: 404 });
      expect(readFileSync(join(folder.path, 'data', 'sessions.json'), 'utf8')).not.toContain(
        secret,
      );
    } finally {
      await hub.stop();
      folder.remove();
    }
  },
);

test.each(RUNTIMES)('a users file that is replaced is read again, on %s', async (_, runtime) => {
  const folder = temporaryFolder();
  const hub = await startHub(folder.path, { runtime });
  try {
    const status = async (key: string) => (await call(hub, 'GET', '/api/users/me', { key })).status;
    expect(await status('key-new')).toBe(401);
    const users = [...USERS, { name: 'new', apiKey: 'key-new', data: {} }];
    const next = join(folder.path, 'next.json');
    writeFileSync(next, JSON.stringify(users));
    renameSync(next, join(folder.path, 'users-file.json'));
    await expect.poll(() => status('key-new'), { timeout: 10_000 }).toBe(200);
  } finally {
    await hub.stop();
    folder.remove();
  }
});
