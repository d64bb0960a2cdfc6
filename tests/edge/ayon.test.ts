import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { driveWithAyonClient } from './ayon-client.ts';
import { USERS } from './conformance/suite.ts';
import { allEvents, startHub, temporaryFolder } from './hub-process.ts';
import { RUNTIMES } from './runtimes.ts';

const run = promisify(execFile);

describe.each(RUNTIMES)('the unmodified AYON client on $name', ({ start }) => {
  test('makes every event call with every argument it has', async () => {
    const hub = await start({ users: JSON.stringify(USERS) });
    try {
      const args = ['tests/edge/ayon_calls.py', hub.url, 'key-svc', 'key-mgr'];
      const { stdout } = await run('.toolchain/venv/bin/python', args, { timeout: 60_000 });
      expect(JSON.parse(stdout)).toEqual({
        passed: ['dispatch', 'update', 'get_events', 'pages', 'delete', 'enroll', 'event hub'],
        neverGiven: [],
      });
    } finally {
      await hub.stop();
    }
  });
});

test('the unmodified AYON client dispatches, updates, reads, pages and deletes', async () => {
  const folder = temporaryFolder();
  const hub = await startHub(folder.path);
  const report = await driveWithAyonClient(hub.url, '--delete');
  expect(new Set(report.ids).size).toBe(200);
  expect(report.topics).toBeGreaterThanOrEqual(20);
  expect(report.entities).toBeGreaterThan(50);
  expect(await allEvents(hub)).toHaveLength(201);
  await hub.stop();
  folder.remove();
});
