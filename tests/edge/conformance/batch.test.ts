import { expect, test } from 'vitest';
import { conformance } from './suite.ts';

conformance('batch dispatch', (hub) => {
  test('answers every entry in its order; what is refused stops no other', async () => {
    const topic = hub.topic('batch');
    const hash = `${topic}.hash`;
    const { status, body } = await hub.mgr.post('/api/events/batch', [
      { topic, hash },
      { topic, hash },
      { topic: '?' },
      { topic, description: 'last' },
    ]);
    expect(status).toBe(200);
    expect(body).toEqual([
      { id: expect.stringMatching(/^[0-9a-f]{32}$/) },
      { code: 409, detail: 'Event with the same hash already exists' },
      { code: 400, detail: expect.stringContaining('topic') },
      { id: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    expect(await hub.mgr.read(body[3].id)).toMatchObject({ topic, description: 'last' });
    const edges = await hub.adm.edges(`topics: ["${topic}"]`);
    expect(edges.map(({ node }) => node.id)).toEqual([body[0].id, body[3].id]);
  });

  test('a thousand events are one request, one more is refused', async () => {
    const entry = { topic: hub.topic('many') };
    const full = await hub.svc.post('/api/events/batch', Array(1000).fill(entry));
    expect(new Set(full.body.map(({ id }: { id: string }) => id)).size).toBe(1000);
    const more = await hub.svc.post('/api/events/batch', Array(1001).fill(entry));
    expect(more.status).toBe(400);
  });

  test('an event that a client has named happens once, however often it is sent', async () => {
    const id = crypto.randomUUID().replaceAll('-', '');
    const event = { id, topic: hub.topic('named') };
    expect(await hub.mgr.dispatch(event)).toBe(id);
    expect(await hub.mgr.dispatch(event)).toBe(id);
    const { body } = await hub.mgr.post('/api/events/batch', [event, { ...event, topic: 'a.b' }]);
    expect(body).toEqual([{ id }, { code: 409, detail: 'Event with the same id already exists' }]);
    expect(await hub.adm.edges(`topics: ["${event.topic}"]`)).toHaveLength(1);
  });
});
