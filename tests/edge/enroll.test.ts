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

test('query and eventops answer admins, and an empty delete is refused', async () => {
  const folder = temporaryFolder();
  const hub = await startHub(folder.path);
  for (const topic of ['demo.a', 'demo.b', 'demo.a']) {
    await call(hub, 'POST', '/api/events', { key: KEYS.service, body: { topic } });
  }
  const post = (path: string, body: object, key = KEYS.admin) =>
    call(hub, 'POST', path, { key, body });
  const filter = { conditions: [{ key: 'topic', value: 'demo.a' }] };
  const rows = await post('/api/query', { entity: 'event', filter });
  expect(rows.body).toHaveLength(2);
  expect(rows.body[0]).not.toHaveProperty('project');
  expect(rows.body[0]).toHaveProperty('created_at');
  expect((await post('/api/query', { entity: 'event' }, KEYS.manager)).status).toBe(403);
  expect(await post('/api/eventops', { type: 'delete', filter: {} })).toMatchObject({
    status: 400,
  });
  const lenient = { conditions: [{ key: 'topic', value: null }] };
  expect(await post('/api/eventops', { type: 'delete', filter: lenient })).toMatchObject({
    status: 400,
    body: { errors: [{ msg: 'filter.conditions[0].value: missing or null' }] },
  });
  expect((await post('/api/eventops', { type: 'restart', filter })).status).toBe(501);
  expect(await post('/api/eventops', { type: 'delete', filter })).toMatchObject({
    status: 200,
    body: null,
  });
  expect((await post('/api/query', { entity: 'event' })).body).toHaveLength(1);
  await hub.stop();
  folder.remove();
});
