import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type FolderHub, runOn, startFolderHub } from './folder-hubs.ts';
import { allEvents, call, KEYS, temporaryFolder } from './hub-process.ts';
import { BUN, DENO } from './runtimes.ts';

const hubs: FolderHub[] = [];
const folders: { remove(): void }[] = [];
const start = async (folder: string, options: Parameters<typeof startFolderHub>[1]) => {
  const hub = await startFolderHub(folder, options);
  hubs.push(hub);
  return hub;
};
const newFolder = () => {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder.path;
};
afterEach(async () => {
  for (const hub of hubs.splice(0)) {
    hub.signal('SIGKILL');
    await hub.ended;
  }
  for (const folder of folders.splice(0)) folder.remove();
});

const dispatch = (hub: FolderHub, topic: string) =>
  call({ url: hub.url() }, 'POST', '/api/events', { key: KEYS.service, body: { topic } });
const topicsOf = async (hub: FolderHub) =>
  (await allEvents({ url: hub.url() })).map(({ topic }) => topic);

describe.each([
  ['Node', [process.execPath]],
  ['Deno', DENO],
  ['Bun', BUN],
])('on %s, hubs in two namespaces of process ids', (_name, runtime) => {
  const isolated = { runtime, isolated: true };

  test('a second one is refused while the first runs; one that was stopped acknowledges nothing after it', async () => {
    const folder = newFolder();
    const first = await start(folder, isolated);
    await first.readyOrEnded();
    expect((await dispatch(first, 'demo.first')).status).toBe(200);

    const refused = await start(folder, isolated);
    expect(await refused.ended).toBe(1);
    expect(refused.output()).toMatch(
      /data is used by a hub in another container or on another machine \(.+, process \d+ there\): stop that one first/,
    );
    expect((await dispatch(first, 'demo.still')).status).toBe(200);

    first.signal('SIGSTOP');
    const late = Array.from({ length: 20 }, () => dispatch(first, 'demo.late').catch(() => null));
    const second = await start(folder, isolated);
    expect(await second.readyOrEnded()).toBeLessThan(15_000);
    expect((await dispatch(second, 'demo.second')).status).toBe(200);
    first.signal('SIGCONT');
    expect(await first.ended).toBe(75);
    expect(first.output()).toMatch(/is not held by this hub any more: another one has taken it/);
    expect(await Promise.all(late)).toEqual(late.map(() => null));

    expect((await dispatch(second, 'demo.third')).status).toBe(200);
    second.signal('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(existsSync(join(folder, 'data', 'lock'))).toBe(false);
    expect(await runOn(folder, 'verify')).toMatchObject({ status: 0 });
    const third = await start(folder, isolated);
    expect(await third.readyOrEnded()).toBeLessThan(8000); // the folder was free at once
    expect(await topicsOf(third)).toEqual([
      'demo.first',
      'demo.still',
      'demo.second',
      'demo.third',
    ]);
  });

  test('the folder of a killed hub is free within 15 s; in its own namespace at once', async () => {
    const folder = newFolder();
    const first = await start(folder, isolated);
    await first.readyOrEnded();
    expect((await dispatch(first, 'demo.first')).status).toBe(200);
    first.signal('SIGKILL');
    await first.ended;
    const second = await start(folder, { runtime, isolated: false });
    expect(await second.readyOrEnded()).toBeLessThan(15_000);
    expect(second.output()).toContain('waiting 10 s to see whether it runs');
    expect((await dispatch(second, 'demo.second')).status).toBe(200);
    second.signal('SIGKILL');
    const third = await start(folder, { runtime, isolated: false }); // it may be ending still
    await third.readyOrEnded();
    expect(third.output()).not.toContain('waiting');
    expect(await topicsOf(third)).toEqual(['demo.first', 'demo.second']);
  });
});

test('commands do not touch a folder that a hub elsewhere holds', async () => {
  const folder = newFolder();
  const hub = await start(folder, { isolated: true });
  await hub.readyOrEnded();
  const lines = join(folder, 'events.ndjson');
  writeFileSync(lines, '{"topic":"demo.imported"}\n');
  for (const [command, ...args] of [['import', lines], ['export'], ['verify']] as const) {
    const run = await runOn(folder, command, ...args);
    expect(run).toMatchObject({ status: 1 });
    expect(run.output).toContain('stop that one first');
  }
  expect((await dispatch(hub, 'demo.own')).status).toBe(200);
  expect(await topicsOf(hub)).toEqual(['demo.own']);
});

test('a killed hub that nobody has reaped does not run', async () => {
  const folder = newFolder();
  const users = join(folder, 'none');
  const data = join(folder, 'data');
  writeFileSync(users, '[{"name":"svc","apiKey":"service-key","data":{"isService":true}}]');
  const hub = `${process.execPath} dist/hub/cli.js hub --port 0 --no-sample --users ${users} --data ${data}`;
  const parent = spawn('sh', ['-c', `${hub} & exec sleep 60`], { stdio: 'ignore' });
  try {
    await expect.poll(() => existsSync(join(data, 'lock')), { timeout: 20_000 }).toBe(true);
    const pid = Number.parseInt(readFileSync(join(data, 'lock'), 'utf8'), 10);
    process.kill(pid, 'SIGKILL');
    const state = () => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    await expect.poll(state).toBe('Z');
    const next = await start(folder, { isolated: false });
    await next.readyOrEnded();
    expect(next.url()).not.toBe('');
    expect(next.output()).not.toContain('waiting');
  } finally {
    parent.kill('SIGKILL');
  }
});

test('a stopped hub of the same namespace keeps its folder', async () => {
  const folder = newFolder();
  const first = await start(folder, { isolated: false });
  await first.readyOrEnded();
  first.signal('SIGSTOP');
  const second = await start(folder, { isolated: false });
  expect(await second.ended).toBe(1);
  expect(second.output()).toMatch(/is used by the hub with process id \d+: stop that one first/);
  first.signal('SIGCONT');
  expect((await dispatch(first, 'demo.on')).status).toBe(200);
});

test('a hub whose lock is removed or replaced ends by itself, also when it is idle', async () => {
  const folder = newFolder();
  const lock = join(folder, 'data', 'lock');
  const first = await start(folder, { isolated: false });
  await first.readyOrEnded();
  rmSync(lock);
  expect(await first.ended).toBe(75);
  expect(first.output()).toContain('its lock was removed');
  const second = await start(folder, { isolated: false });
  await second.readyOrEnded();
  writeFileSync(lock, `${process.pid}\n1\n`); // as a hub of version 0.1.0 in another container does
  await expect(dispatch(second, 'demo.lost')).rejects.toThrow();
  expect(await second.ended).toBe(75);
  expect(readFileSync(lock, 'utf8')).toBe(`${process.pid}\n1\n`); // of the other one
});

describe('with a hub of version 0.1.0', () => {
  const startOf = (pid: number) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  };

  test('its lock is respected while its process runs', async () => {
    const folder = newFolder();
    const first = await start(folder, { isolated: false });
    await first.readyOrEnded();
    first.signal('SIGTERM');
    await first.ended;
    writeFileSync(join(folder, 'data', 'lock'), `${process.pid}\n${startOf(process.pid)}\n`);
    const second = await start(folder, { isolated: false });
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`process id ${process.pid}: stop that one first`);
  });

  test('the lock begins with the two lines by which it refuses a folder', async () => {
    const folder = newFolder();
    const hub = await start(folder, { isolated: false });
    await hub.readyOrEnded();
    const [pid, started] = readFileSync(join(folder, 'data', 'lock'), 'utf8').split('\n');
    expect(started).toBe(startOf(Number(pid)));
    await sleep(2500); // a heartbeat later
    expect(readFileSync(join(folder, 'data', 'lock'), 'utf8').split('\n')[0]).toBe(pid);
  });
});
