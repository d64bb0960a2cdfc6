import { expect, test } from 'vitest';
import { conformance, expectInvalid, expectRefused, type Client } from './suite.ts';

const STATUS_REFUSED = 'Not allowed to update status of this event';
const ORPHAN = 'c0ffee00'.repeat(4);

/** An event without a user: it came with an import. */
const WITHOUT_USER = {
  id: ORPHAN,
  hash: ORPHAN,
  topic: 'update.orphan',
  status: 'finished',
  user: null,
  createdAt: '2026-03-19T10:05:00+00:00',
  updatedAt: '2026-03-19T10:05:00+00:00',
};

conformance(
  'update',
  (hub) => {
    const settles = async (client: Client, id: string, body: object) =>
      expect((await client.patch(id, body)).status).toBe(204);

    test('18 · an empty PATCH moves updatedAt and sends a message without store and progress', async () => {
      const topic = hub.topic('empty');
      const listener = await hub.listen('mgr', [topic]);
      const id = await hub.mgr.dispatch({ topic });
      const before = await hub.mgr.read(id);
      await new Promise((resolve) => setTimeout(resolve, 5));
      const reply = await hub.mgr.patch(id, {});
      expect([reply.status, reply.body]).toEqual([204, null]);
      const after = await hub.mgr.read(id);
      expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
      expect({ ...after, updatedAt: '' }).toEqual({ ...before, updatedAt: '' });
      await listener.settle();
      expect(listener.messages).toHaveLength(2);
      expect(listener.messages[1]).toMatchObject({ id, topic, updatedAt: after.updatedAt });
      expect(listener.messages[1]).not.toHaveProperty('store');
      expect(listener.messages[1]).not.toHaveProperty('progress');
      listener.close();
    });

    test('19 · progress is told and not stored', async () => {
      const topic = hub.topic('progress');
      const listener = await hub.listen('mgr', [topic]);
      const id = await hub.mgr.dispatch({ topic, finished: false });
      await settles(hub.mgr, id, { progress: 42 });
      expect(await hub.mgr.read(id)).not.toHaveProperty('progress');
      await listener.settle();
      expect(listener.messages[1]).toMatchObject({ id, progress: 42 });
      listener.close();
    });

    test('20 · progress is 0 to 100, a status one of six', async () => {
      const id = await hub.svc.dispatch({ topic: hub.topic('limits') });
      for (const progress of [101, -1]) {
        expectInvalid(await hub.svc.patch(id, { progress }), ['body', 'progress']);
      }
      expectInvalid(await hub.svc.patch(id, { status: 'Finished' }), ['body', 'status']);
      for (const status of [
        'pending',
        'in_progress',
        'finished',
        'failed',
        'aborted',
        'restarted',
      ]) {
        await settles(hub.svc, id, { status, progress: 100 });
        expect((await hub.svc.read(id)).status).toBe(status);
      }
    });

    test('21 · the status of a plain event is the services’, not the admins’', async () => {
      const id = await hub.adm.dispatch({ topic: hub.topic('plain') });
      expectRefused(await hub.adm.patch(id, { status: 'failed' }), 403, STATUS_REFUSED);
      expect((await hub.adm.read(id)).status).toBe('finished');
      await settles(hub.svc, id, { status: 'failed' });
      expect((await hub.adm.read(id)).status).toBe('failed');
    });

    test('22 · a manager sets the status of an event with a parent', async () => {
      const topic = hub.topic('child');
      const dependsOn = await hub.svc.dispatch({ topic });
      const id = await hub.svc.dispatch({ topic, dependsOn });
      await settles(hub.mgr, id, { status: 'restarted' });
    });

    test('23 · a manager sets the status of installs from a URL, not of uploads', async () => {
      for (const topic of [
        'addon.install_from_url',
        'installer.install_from_url',
        'dependency_package.install_from_url',
      ]) {
        await settles(hub.mgr, await hub.svc.dispatch({ topic }), { status: 'failed' });
      }
      const upload = await hub.svc.dispatch({ topic: 'addon.install' });
      expectRefused(await hub.mgr.patch(upload, { status: 'failed' }), 403, STATUS_REFUSED);
    });

    test('24 · the status of a launcher action is its owner’s and the admins’', async () => {
      const id = await hub.svc.dispatch({ topic: 'action.launcher', finished: false });
      await settles(hub.svc, id, { user: 'usr' });
      await settles(hub.usr, id, { status: 'in_progress' });
      expectRefused(await hub.mgr.patch(id, { status: 'failed' }), 403, STATUS_REFUSED);
      expectRefused(await hub.bob.patch(id, { status: 'failed' }), 403, STATUS_REFUSED);
      await settles(hub.adm, id, { status: 'aborted' });
      await settles(hub.svc, id, { status: 'failed' });
    });

    test('25 · a normal user changes own events only and cannot give them away', async () => {
      const id = await hub.svc.dispatch({ topic: hub.topic('own') });
      const description = 'mine now';
      const refused = await hub.usr.patch(id, { description });
      expectRefused(refused, 403, 'Not allowed to update this event');
      await settles(hub.svc, id, { user: 'usr' });
      await settles(hub.usr, id, { description, user: 'usr' });
      const given = await hub.usr.patch(id, { user: 'bob' });
      expectRefused(given, 403, 'Not allowed to change user of this event');
      expect(await hub.svc.read(id)).toMatchObject({ user: 'usr', description });
    });

    test('26 · repeating the stored status is no change of it', async () => {
      const id = await hub.svc.dispatch({ topic: hub.topic('repeat') });
      await settles(hub.mgr, id, { status: 'finished', description: 'still' });
      expect((await hub.mgr.read(id)).description).toBe('still');
    });

    test('27 · summary and payload are replaced, not merged', async () => {
      const id = await hub.mgr.dispatch({
        topic: hub.topic('replace'),
        summary: { a: 1 },
        payload: { a: 1 },
      });
      await settles(hub.mgr, id, { summary: { b: 1 } });
      expect(await hub.mgr.read(id)).toMatchObject({ summary: { b: 1 }, payload: { a: 1 } });
      expect((await hub.mgr.read(id)).summary).toEqual({ b: 1 });
      await settles(hub.mgr, id, { payload: {} });
      expect((await hub.mgr.read(id)).payload).toEqual({});
    });

    test('28 · nulls change nothing but updatedAt', async () => {
      const id = await hub.mgr.dispatch({
        topic: hub.topic('nulls'),
        sender: 'me',
        project: 'demo',
        description: 'text',
        summary: { a: 1 },
        payload: { b: 2 },
      });
      const before = await hub.mgr.read(id);
      await new Promise((resolve) => setTimeout(resolve, 5));
      const fields = ['sender', 'project', 'user', 'status', 'description', 'summary', 'payload'];
      const nulls = Object.fromEntries(
        [...fields, 'projectName', 'progress', 'retries'].map((field) => [field, null]),
      );
      await settles(hub.mgr, id, nulls);
      const after = await hub.mgr.read(id);
      expect(after).toEqual({ ...before, updatedAt: after.updatedAt });
      expect(after.updatedAt).not.toBe(before.updatedAt);
    });

    test('29 · an unknown id is 404, one with hyphens or capitals 400', async () => {
      const unknown = await hub.mgr.patch('e'.repeat(32), {});
      expectRefused(unknown, 404, 'Event not found');
      const hyphens = 'e0000000-0000-0000-0000-000000000001';
      for (const id of [hyphens, 'E'.repeat(32), 'g'.repeat(32), 'abc']) {
        expectInvalid(await hub.mgr.patch(id, {}), ['path', 'event_id']);
      }
    });

    test('30 · an event without a user gets the manager who changes it', async () => {
      expect((await hub.mgr.read(ORPHAN)).user).toBeNull();
      await settles(hub.mgr, ORPHAN, { description: 'found' });
      expect(await hub.mgr.read(ORPHAN)).toMatchObject({ user: 'mgr', description: 'found' });
    });
  },
  [WITHOUT_USER],
);
