import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { call, KEYS, startHub, temporaryFolder } from './hub-process.ts';

const run = promisify(execFile);
const SOURCES = 60;
const WORKERS = 3;

test('workers with the AYON client at once never share a job and lose none', async () => {
  const folder = temporaryFolder();
  const hub = await startHub(folder.path);
  const ids: string[] = [];
  for (let i = 0; i < SOURCES; i++) {
    const body = { topic: 'demo.source', summary: { number: i } };
    ids.push((await call(hub, 'POST', '/api/events', { key: KEYS.service, body })).body.id);
  }
  const done = await Promise.all(
    Array.from({ length: WORKERS }, async (_, worker) => {
      const args = ['tests/edge/enroll_worker.py', hub.url, KEYS.service, `worker${worker}`];
      const { stdout } = await run('.toolchain/venv/bin/python', args, { timeout: 60_000 });
      return JSON.parse(stdout) as string[];
    }),
  );
  expect(done.flat().sort()).toEqual([...ids].sort());
  await hub.stop();
  folder.remove();
});
