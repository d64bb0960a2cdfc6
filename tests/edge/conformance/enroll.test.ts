import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { conformance, expectInvalid, expectRefused, type Suite } from './suite.ts';
import { seedEvent, seedId } from './seed.ts';

const now = new Date().toISOString().replace('Z', '+00:00');
const SEEDS = [
  seedEvent(1, { topic: 'enroll.old' }),
  seedEvent(2, { topic: 'enroll.old', updatedAt: now }),
  seedEvent(3, { topic: 'enroll.typed', updatedAt: now, senderType: null }),
  seedEvent(4, { topic: 'enroll.typed', updatedAt: now, senderType: 'maya' }),
  seedEvent(5, { topic: 'enroll.typed', updatedAt: now, senderType: 'houdini' }),
];
const WORKERS = 8;
const SOURCES = 40;

/** A separate queue: its topics, its sources and its workers. */
function queueOf(hub: Suite) {
  const source = hub.topic('enroll.source');
  const target = hub.topic('enroll.target');
  const ask = (sender: string, more: object = {}) =>
    hub.svc.post('/api/enroll', { sourceTopic: source, targetTopic: target, sender, ...more });
  return {
    source,
    target,
    ask,
    /** Ids of new finished sources, oldest first. */
    async add(count: number, more: object = {}) {
      const ids: string[] = [];
      for (let i = 0; i < count; i++) {
        ids.push(await hub.mgr.dispatch({ topic: source, ...more }));
      }
      return ids;
    },
    /** The job that a worker is given. */
    async take(sender: string, more: object = {}) {
      const reply = await ask(sender, more);
      expect(reply.status).toBe(200);
      expect(Object.keys(reply.body).sort()).toEqual(['dependsOn', 'hash', 'id', 'status']);
      return reply.body as { id: string; dependsOn: string; hash: string; status: string };
    },
    async nothingFor(sender: string, more: object = {}) {
      const reply = await ask(sender, more);
      expect([reply.status, reply.body]).toEqual([204, null]);
    },
    async set(id: string, body: object) {
      expect((await hub.svc.patch(id, body)).status).toBe(204);
    },
  };
}

conformance(
  'enroll',
  (hub) => {
    test('66 · only services enroll, admins do not', async () => {
      const body = { sourceTopic: 'a.b', targetTopic: 'a.c' };
      for (const client of [hub.adm, hub.mgr, hub.usr]) {
        const refused = await client.post('/api/enroll', body);
        expectRefused(refused, 403, 'Only services can enroll for jobs');
      }
    });

    test('67 · nothing to do is 204 without a body', async () => {
      const { nothingFor } = queueOf(hub);
      await nothingFor('worker');
      await nothingFor('worker', { sourceTopic: [] });
    });

    test('68 · the first call makes a pending job of the oldest source, with AYON’s hash', async () => {
      const { source, target, add, take } = queueOf(hub);
      const [oldest] = await add(2);
      const job = await take('worker');
      const hash = createHash('sha256')
        .update(JSON.stringify([target, oldest]))
        .digest('hex');
      expect(job).toMatchObject({ dependsOn: oldest, hash, status: 'pending' });
      expect(await hub.mgr.read(job.id)).toMatchObject({
        topic: target,
        hash,
        dependsOn: oldest,
        sender: 'worker',
        senderType: 'api',
        user: 'svc',
        project: null,
        status: 'pending',
        retries: 0,
        description: `Convert from ${source} to ${target}`,
        summary: {},
        payload: {},
      });
      const list = [hub.topic('enroll.x'), hub.topic('enroll.y')];
      await hub.mgr.dispatch({ topic: list[1] });
      const reply = await hub.svc.post(
        '/api/enroll',
        { source_topic: list, target_topic: target },
        { 'x-sender': 'header', 'x-sender-type': 'kind' },
      );
      expect(await hub.mgr.read(reply.body.id)).toMatchObject({
        sender: 'header',
        senderType: 'kind',
        description: `Convert from ['${list[0]}', '${list[1]}'] to ${target}`,
      });
    });

    test('69 · the same sender gets the same job again, with its status of now', async () => {
      const { add, take, set } = queueOf(hub);
      await add(2);
      const job = await take('worker');
      expect(await take('worker')).toEqual(job);
      await set(job.id, { status: 'in_progress' });
      expect(await take('worker')).toEqual({ ...job, status: 'in_progress' });
    });

    test('70 · another sender gets the next source, in a sequential queue nothing', async () => {
      const { add, take, nothingFor } = queueOf(hub);
      const [first, second] = await add(2);
      expect((await take('one')).dependsOn).toBe(first);
      await nothingFor('two', { sequential: true });
      expect((await take('two')).dependsOn).toBe(second);
      await nothingFor('three');
    });

    test('71 · a failed job is given out again, until its retries are used up', async () => {
      const { add, take, set, nothingFor } = queueOf(hub);
      await add(1);
      const job = await take('one', { maxRetries: 1 });
      for (const retries of [1, 2]) {
        await set(job.id, { status: 'failed' });
        expect(await take(`worker${retries}`, { maxRetries: 1 })).toEqual(job);
        expect(await hub.mgr.read(job.id)).toMatchObject({
          status: 'pending',
          retries,
          sender: `worker${retries}`,
          user: 'svc',
          description: 'Restarting failed event',
        });
      }
      await set(job.id, { status: 'failed' });
      await nothingFor('worker3', { maxRetries: 1 });
      expect((await hub.mgr.read(job.id)).status).toBe('failed');
    });

    test('72 · a restarted job is given out again with the same retries', async () => {
      const { add, take, set } = queueOf(hub);
      await add(1);
      const job = await take('one');
      await set(job.id, { status: 'restarted', retries: 2 });
      expect(await take('two')).toEqual(job);
      expect(await hub.mgr.read(job.id)).toMatchObject({
        status: 'pending',
        retries: 2,
        sender: 'two',
      });
    });

    test('73 · the source of a finished job is never offered again', async () => {
      const { add, take, set, nothingFor } = queueOf(hub);
      const [source] = await add(1);
      const job = await take('one');
      await set(job.id, { status: 'finished' });
      await set(source as string, { description: 'touched' });
      for (const sender of ['one', 'two']) await nothingFor(sender);
      await nothingFor('one', { ignoreOlderThan: 0 });
    });

    test('74 · sources that are not finished are never offered', async () => {
      const { add, take, set, nothingFor } = queueOf(hub);
      const [source] = (await add(1, { finished: false })) as [string];
      for (const status of ['pending', 'in_progress', 'failed', 'aborted', 'restarted']) {
        await set(source, { status });
        await nothingFor('one');
      }
      await set(source, { status: 'finished' });
      expect((await take('one')).dependsOn).toBe(source);
    });

    test('75 · sources older than three days by updatedAt are left, with 0 none is', async () => {
      const { take, set, nothingFor } = queueOf(hub);
      const old = { sourceTopic: 'enroll.old' };
      const fresh = await take('one', old);
      expect(fresh.dependsOn).toBe(seedId(2));
      await set(fresh.id, { status: 'finished' });
      await nothingFor('one', old);
      await nothingFor('one', { ...old, ignoreOlderThan: 1 });
      const job = await take('one', { ...old, ignoreOlderThan: 0 });
      expect(job.dependsOn).toBe(seedId(1));
    });

    test('76 · ignoreSenderTypes leaves the named types and events without one', async () => {
      const typed = { sourceTopic: 'enroll.typed' };
      const ignoring = async (ignoreSenderTypes: string[] | null) =>
        (await queueOf(hub).take('one', { ...typed, ignoreSenderTypes })).dependsOn;
      expect(await ignoring(null)).toBe(seedId(3));
      expect(await ignoring([])).toBe(seedId(3));
      expect(await ignoring(['nothing'])).toBe(seedId(4));
      expect(await ignoring(['maya'])).toBe(seedId(5));
      expect(await ignoring(['maya', "houdini'"])).toBe(seedId(5));
      await queueOf(hub).nothingFor('one', { ...typed, ignoreSenderTypes: ['maya', 'houdini'] });
    });

    test('77 · a single source topic may have wildcards, a list and a target may not', async () => {
      const { target, take, ask, nothingFor } = queueOf(hub);
      const root = hub.topic('enroll.tree');
      const source = await hub.mgr.dispatch({ topic: `${root}.leaf` });
      await nothingFor('one', { sourceTopic: [`${root}.*`] });
      expect((await take('one', { sourceTopic: `${root}.*` })).dependsOn).toBe(source);
      const listed = await take('one', {
        sourceTopic: ['enroll.no', `${root}.leaf`],
        targetTopic: `${target}.list`,
      });
      expect(listed.dependsOn).toBe(source);
      expectRefused(await ask('one', { sourceTopic: '*' }), 400, 'Invalid topic: *');
      const wild = await ask('one', { targetTopic: 'enroll.*' });
      expectRefused(wild, 400, 'Target topic must not contain wildcards');
      expectInvalid(await ask('one', { targetTopic: 'a-b' }), ['body', 'targetTopic']);
    });

    test('78 · workers at once never get the same source, unless they have the same name', async () => {
      const { add, take, ask, set } = queueOf(hub);
      const sources = await add(SOURCES);
      const done: string[] = [];
      const work = async (sender: string) => {
        for (let reply = await ask(sender); reply.status === 200; reply = await ask(sender)) {
          done.push(reply.body.dependsOn);
          await set(reply.body.id, { status: 'finished', sender });
        }
      };
      await Promise.all(Array.from({ length: WORKERS }, (_, number) => work(`worker${number}`)));
      expect(done.sort()).toEqual([...sources].sort());
      await add(2);
      const [one, two] = await Promise.all([take('same'), take('same')]);
      expect(one).toEqual(two);
    });

    test('79 · a filter on the payload chooses among the sources', async () => {
      const { source, ask, take, nothingFor } = queueOf(hub);
      await hub.mgr.dispatch({ topic: source, payload: { newValue: 'Draft' } });
      const ready = await hub.mgr.dispatch({ topic: source, payload: { newValue: 'Ready' } });
      const filter = (value: string) => ({
        filter: { conditions: [{ key: 'payload/newValue', operator: 'eq', value }] },
      });
      await nothingFor('one', filter('Other'));
      expect((await take('one', filter('Ready'))).dependsOn).toBe(ready);
      const broken = { filter: { conditions: [{ key: 'payload', operator: 'eq', value: 1 }] } };
      expectInvalid(await ask('one', broken), ['body', 'filter']); // AYON: 204 (17.3)
    });
  },
  SEEDS,
);
