import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { call, startHub, temporaryFolder } from './hub-process.ts';
import { BUN, DENO } from './runtimes.ts';

const manager = (name: string, apiKey: string) => ({ name, apiKey, data: { isManager: true } });

test.each([
  ['node', [process.execPath]],
  ['deno', DENO],
  ['bun', BUN],
])(
  'SIGHUP reads the users again, and a file that is not valid changes nothing, on %s',
  async (_, runtime) => {
    const folder = temporaryFolder();
    const users = JSON.stringify([manager('ann', 'key-ann')]);
    const hub = await startHub(folder.path, { users, runtime });
    const reload = async (text: string, said: string) => {
      writeFileSync(join(folder.path, 'users-file.json'), text);
      process.kill(
        Number.parseInt(readFileSync(join(folder.path, 'data', 'lock'), 'utf8'), 10),
        'SIGHUP',
      );
      await expect.poll(hub.output, { timeout: 5000 }).toContain(said);
    };
    const statusOf = async (key: string) => {
      return (await call(hub, 'POST', '/api/events', { key, body: { topic: 'a.b' } })).status;
    };
    try {
      expect([await statusOf('key-ann'), await statusOf('key-ben')]).toEqual([200, 401]);
      await reload(JSON.stringify([manager('ben', 'key-ben')]), '1 users read again');
      expect([await statusOf('key-ann'), await statusOf('key-ben')]).toEqual([401, 200]);
      await reload('[{', 'the users stay as they are');
      expect(await statusOf('key-ben')).toBe(200);
    } finally {
      await hub.stop();
      folder.remove();
    }
  },
);
