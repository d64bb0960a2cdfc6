import { expect, test } from 'vitest';
import { conformance, expectInvalid, expectRefused } from './suite.ts';

conformance('delete and ops', (hub) => {
  const ops = (type: string, filter: unknown, client = hub.adm) =>
    client.post('/api/eventops', { type, filter });
  const byTopic = (value: string) => ({ conditions: [{ key: 'topic', value }] });
  const count = async (topic: string) => (await hub.adm.edges(`topics: ["${topic}"]`)).length;

  test('31 · only admins delete; what is not there is deleted as well', async () => {
    const id = await hub.mgr.dispatch({ topic: hub.topic('gone') });
    for (const client of [hub.mgr, hub.usr]) {
      expectRefused(await client.remove(id), 403, 'Not allowed to delete events');
    }
    for (let again = 0; again < 2; again++) {
      const reply = await hub.adm.remove(id);
      expect([reply.status, reply.body]).toEqual([204, null]);
      expect((await hub.adm.get(`/api/events/${id}`)).status).toBe(404);
    }
    expect((await hub.svc.remove(await hub.mgr.dispatch({ topic: 'a.b' }))).status).toBe(204);
  });

  test('32 · a parent of living children stays: code 409', async () => {
    const topic = hub.topic('parent');
    const parent = await hub.mgr.dispatch({ topic });
    const child = await hub.mgr.dispatch({ topic, dependsOn: parent });
    const reply = await hub.adm.remove(parent);
    expect(reply.status).toBe(409); // where AYON says 500 (17.5)
    expect(reply.body).toMatchObject({
      code: 409,
      detail: expect.any(String),
      error: 'foreign-key-violation',
    });
    expect(await count(topic)).toBe(2);
    expect((await hub.adm.remove(child)).status).toBe(204);
    expect((await hub.adm.remove(parent)).status).toBe(204);
  });

  test('33 · deletes are silent on the WebSocket', async () => {
    const topic = hub.topic('silent');
    const [one, two] = [await hub.mgr.dispatch({ topic }), await hub.mgr.dispatch({ topic })];
    const listener = await hub.listen('adm', ['*']);
    expect((await hub.adm.remove(one)).status).toBe(204);
    expect((await ops('delete', byTopic(topic))).status).toBe(200);
    expect((await hub.adm.get(`/api/events/${two}`)).status).toBe(404);
    await listener.settle();
    expect(listener.messages).toEqual([]);
    listener.close();
  });

  test('34 · eventops delete removes exactly what its filter names', async () => {
    const [topic, other] = [hub.topic('ops'), hub.topic('ops')];
    const parent = await hub.mgr.dispatch({ topic });
    await hub.mgr.dispatch({ topic, dependsOn: parent });
    await hub.mgr.dispatch({ topic: other });
    const reply = await ops('delete', byTopic(topic));
    expect([reply.status, reply.body]).toEqual([200, null]);
    expect([await count(topic), await count(other)]).toEqual([0, 1]);
    // one parent whose child is not among them keeps them all
    const kept = await hub.mgr.dispatch({ topic });
    await hub.mgr.dispatch({ topic });
    await hub.mgr.dispatch({ topic: other, dependsOn: kept });
    expect((await ops('delete', byTopic(topic))).body).toMatchObject({ code: 409 });
    expect([await count(topic), await count(other)]).toEqual([2, 2]);
  });

  test('35 · eventops restart and abort are 501, for managers 403 like every operation', async () => {
    const topic = hub.topic('restart');
    const id = await hub.mgr.dispatch({ topic });
    for (const type of ['restart', 'abort']) {
      expectRefused(await ops(type, byTopic(topic)), 501, 'Not implemented');
      expectRefused(await ops(type, {}, hub.svc), 501, 'Not implemented');
      expectInvalid(await ops(type, { conditions: [{ key: 'topic', operator: 'x', value: '' }] }));
    }
    for (const type of ['restart', 'abort', 'delete']) {
      const refused = await ops(type, byTopic(topic), hub.mgr);
      expectRefused(refused, 403, 'Only admins can perform event operations');
    }
    expectInvalid(await ops('other', byTopic(topic)), ['body', 'type']);
    expect((await hub.mgr.read(id)).status).toBe('finished');
  });

  test('36 · eventops delete with a filter that is empty, or would become so, is 400', async () => {
    const topic = hub.topic('spared');
    await hub.mgr.dispatch({ topic });
    const lenient = [
      { key: 'topic', value: null },
      { key: 'topic' },
      { value: 'x' },
      { key: 'retries', value: [1, 2.5] },
      { key: 'a', value: {} },
      'topic',
      5,
      {},
      { conditions: [] },
    ];
    const filters: unknown[] = [undefined, null, {}, { conditions: [] }, 'topic', 5];
    filters.push(...lenient.map((condition) => ({ conditions: [condition] })));
    for (const filter of filters) {
      expectInvalid(await ops('delete', filter));
    }
    expect(await count(topic)).toBe(1);
  });
});
