import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually, type Listener, listen } from './conformance/listener.ts';
import {
  type Answer,
  call,
  type HubProcess,
  KEYS,
  startHub,
  temporaryFolder,
} from './hub-process.ts';
import { startWorkerd } from './workerd.ts';

const LEASE_SECONDS = 2;
const QUEUE = { sourceTopic: 'demo.source', targetTopic: 'demo.job', sequential: true };
const LEASED = { ...QUEUE, leaseSeconds: LEASE_SECONDS, maxRetries: 0 };
const STOCK = { ...QUEUE, maxRetries: 0 };

let folder: ReturnType<typeof temporaryFolder>;
let hub: HubProcess;
let listener: Listener | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  hub = await startHub(folder.path);
  listener = await hearing();
});
afterEach(async () => {
  listener?.close();
  await hub.stop();
  folder.remove();
});

/** A socket that hears what happens to jobs. */
async function hearing(): Promise<Listener> {
  await call(hub, 'GET', '/api/users/me', { key: KEYS.manager }); // a socket takes a key that is in use
  const dispatch = async (event: object) =>
    (await call(hub, 'POST', '/api/events', { key: KEYS.manager, body: event })).body.id as string;
  return listen(hub.url, KEYS.manager, { dispatch }, ['demo']);
}

type Hub = { url: string };
const source = async (at: Hub) => {
  const body = { topic: 'demo.source' };
  return (await call(at, 'POST', '/api/events', { key: KEYS.service, body })).body.id as string;
};
const enroll = (at: Hub, sender: string, request: object) =>
  call(at, 'POST', '/api/enroll', { key: KEYS.service, body: { ...request, sender } });
const update = (at: Hub, id: string, body: object, headers = {}) =>
  call(at, 'PATCH', `/api/events/${id}`, { key: KEYS.service, body, headers });
const read = async (at: Hub, id: string): Promise<Answer> =>
  (await call(at, 'GET', `/api/events/${id}`, { key: KEYS.manager })).body;
const failures = (id: string) =>
  (listener?.messages ?? []).filter((it) => it.id === id && it.status === 'failed');

/** A job that one worker has lost to another, who is silent too and has the last retry. */
async function lastRun(): Promise<string> {
  const first = await enroll(hub, 'first', LEASED);
  expect(first.status).toBe(200);
  await sleep(LEASE_SECONDS * 1000 + 200);
  const second = await enroll(hub, 'second', LEASED);
  expect(second.body).toMatchObject({ id: first.body.id, status: 'pending' });
  return first.body.id;
}

test('a job whose workers are silent fails by itself, they are told, and the queue goes on', async () => {
  await source(hub);
  const next = await source(hub);
  const job = await lastRun();
  const late = await update(hub, job, { sender: 'first', progress: 80 });
  expect(late.status).toBe(409);
  expect(late.body).toEqual({
    code: 409,
    detail:
      "The lease of 'first' on this job has ended, and 'second' has it now: leave it alone, and ask for another job",
  });
  expect((await enroll(hub, 'stock', STOCK)).status).toBe(204);

  await eventually(() => failures(job).length > 0, 'nobody asks, and the hub fails the job');
  expect(failures(job)).toHaveLength(1);
  expect(failures(job)[0]).toMatchObject({
    topic: 'demo.job',
    sender: 'second',
    description: 'Abandoned: its worker sent no update for 2 seconds, and no retry is left',
  });
  const failed = await read(hub, job);
  const changes = await call(hub, 'GET', '/api/changes?since=0', { key: KEYS.manager });
  const last = changes.body.changes.at(-1);
  expect(last).toMatchObject({ kind: 'updated', id: job, event: { status: 'failed' } });

  for (const headers of [{ 'x-sender': 'first' }, { 'x-sender': 'second' }]) {
    const refused = await update(hub, job, { status: 'finished' }, headers);
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      expect.stringContaining('the job is failed now'),
    ]);
  }
  expect(await read(hub, job)).toEqual(failed);

  const other = await enroll(hub, 'stock', STOCK);
  expect(other.body.dependsOn).toBe(next);
  expect((await update(hub, other.body.id, { status: 'finished' })).status).toBe(204);
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a restart by %s changes nothing for workers',
  async (signal) => {
    await source(hub);
    const job = await lastRun();
    await hub.stop(signal);
    hub = await startHub(folder.path);
    listener?.close();
    listener = await hearing();
    expect((await update(hub, job, { sender: 'first', progress: 90 })).status).toBe(409);
    expect((await update(hub, job, { sender: 'second', progress: 1 })).status).toBe(204);
    await eventually(() => failures(job).length > 0, 'the hub fails the job');
    expect((await update(hub, job, { sender: 'second', status: 'finished' })).status).toBe(409);
    await hub.stop(signal);
    hub = await startHub(folder.path);
    for (const sender of ['first', 'second']) {
      expect((await update(hub, job, { sender, status: 'finished' })).status).toBe(409);
    }
    expect((await read(hub, job)).status).toBe('failed');
  },
);

test('a worker that asks for no lease is never refused, and its job never fails by itself', async () => {
  await source(hub);
  const { body: job } = await enroll(hub, 'stock', STOCK);
  await update(hub, job.id, { sender: 'stock', status: 'in_progress', retries: 9 });
  await sleep(LEASE_SECONDS * 1000 + 1500);
  expect(failures(job.id)).toEqual([]);
  expect((await update(hub, job.id, { sender: 'stock', progress: 50 })).status).toBe(204);
  expect((await update(hub, job.id, { sender: 'stock', status: 'finished' })).status).toBe(204);
});

test('a Durable Object that was evicted wakes up when the last lease ends', async () => {
  const bindings = {
    CUESHEET_USERS: JSON.stringify([
      { name: 'svc', apiKey: KEYS.service, data: { isService: true } },
      { name: 'mona', apiKey: KEYS.manager, data: { isManager: true } },
    ]),
  };
  const entry = 'tests/edge/evictable-hub.ts';
  const object = await startWorkerd({ folder: folder.path, bindings, entry });
  try {
    await source(object);
    const life = await (await fetch(`${object.url}/life`)).text();
    const request = { ...LEASED, leaseSeconds: 12, maxRetries: -1 };
    const { body: job } = await enroll(object, 'silent', request);
    await sleep(31_000); // it is evicted after 10 s; who comes back gives a grace as long as the lease
    const asked = Date.now();
    const event = await read(object, job.id);
    expect(event.status).toBe('failed');
    expect(Date.parse(event.updatedAt)).toBeLessThan(asked);
    expect(await (await fetch(`${object.url}/life`)).text()).not.toBe(life);
    const refused = await update(object, job.id, { sender: 'silent', status: 'finished' });
    expect(refused.status).toBe(409);
  } finally {
    await object.miniflare.dispose();
  }
}, 90_000);
