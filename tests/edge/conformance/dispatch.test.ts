import { expect, test } from 'vitest';
import { conformance, expectInvalid, expectRefused } from './suite.ts';

const NOT_ALLOWED = 'Not allowed to update this event';
const TAKEN = 'Event with the same hash already exists';

conformance('dispatch', (hub) => {
  const post = (body: unknown) => hub.mgr.post('/api/events', body);

  test('1 · a bare topic makes a finished event whose hash is its id', async () => {
    const id = await hub.mgr.dispatch({ topic: 'a.b' });
    expect(await hub.mgr.read(id)).toMatchObject({
      id,
      topic: 'a.b',
      hash: id,
      status: 'finished',
      description: '',
      summary: {},
      payload: {},
      retries: 0,
    });
  });

  test('2 · normal users, guests and strangers may not dispatch', async () => {
    const body = { topic: 'a.b' };
    expectRefused(await hub.usr.post('/api/events', body), 403, NOT_ALLOWED);
    expectRefused(
      await hub.gst.post('/api/events', body),
      403,
      'Guest users are not allowed to access this endpoint',
    );
    const stranger = await hub.anonymous('POST', '/api/events', body);
    expectRefused(stranger, 401, 'Access token is missing');
  });

  test('3 · a topic has 3 to 65 characters, begins with a letter and has no hyphen', async () => {
    for (const topic of ['ab', '1ab', 'a-b-c', 'a'.repeat(66), 'a.b\n']) {
      expectInvalid(await post({ topic }), ['body', 'topic']);
    }
    for (const topic of ['a.b', 'a'.repeat(65)]) expect((await post({ topic })).status).toBe(200);
  });

  test('4 · a missing topic is 400 with the place of it, never 422', async () => {
    const reply = await post({});
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({
      code: 400,
      detail: 'Request validation error in [POST] /api/events',
      path: '/api/events',
      traceback: 'topic: field required',
      errors: [{ loc: ['body', 'topic'], msg: 'field required', type: 'value_error.missing' }],
    });
  });

  test('5 · null is refused for summary and finished, a string for payload; other nulls are nothing', async () => {
    const topic = hub.topic('nulls');
    expectInvalid(await post({ topic, summary: null }), ['body', 'summary']);
    expectInvalid(await post({ topic, payload: null }), ['body', 'payload']);
    expectInvalid(await post({ topic, finished: null }), ['body', 'finished']);
    expectInvalid(await post({ topic, payload: 'text' }), ['body', 'payload']);
    const nothing = { sender: null, hash: null, project: null, description: null };
    const id = await hub.mgr.dispatch({ topic, ...nothing });
    expect(await hub.mgr.read(id)).toMatchObject({
      sender: null,
      hash: id,
      project: null,
      description: '',
    });
  });

  test('6 · finished:false is pending with progress 0, finished:true comes with progress 100', async () => {
    const topic = hub.topic('finished');
    const listener = await hub.listen('mgr', [topic]);
    const pending = await hub.mgr.dispatch({ topic, finished: false });
    const finished = await hub.mgr.dispatch({ topic, finished: true });
    expect((await hub.mgr.read(pending)).status).toBe('pending');
    expect((await hub.mgr.read(finished)).status).toBe('finished');
    await listener.settle();
    expect(listener.messages).toMatchObject([
      { id: pending, status: 'pending', progress: 0 },
      { id: finished, status: 'finished', progress: 100 },
    ]);
    listener.close();
  });

  test('7 · the user is the caller, whatever the body says', async () => {
    const id = await hub.mgr.dispatch({ topic: hub.topic('user'), user: 'bob' });
    expect((await hub.mgr.read(id)).user).toBe('mgr');
  });

  test('8 · X-Sender is the sender when the body names none', async () => {
    const topic = hub.topic('sender');
    const sent = async (body: object, header = 'from-header') =>
      (await hub.mgr.read(await hub.mgr.dispatch({ topic, ...body }, { 'x-sender': header })))
        .sender;
    expect(await sent({})).toBe('from-header');
    expect(await sent({ sender: '' })).toBe('from-header');
    expect(await sent({ sender: null })).toBe('from-header');
    expect(await sent({ sender: 'from body' })).toBe('from body');
    expect(await sent({}, 'not a name')).toBeNull();
    expect((await hub.mgr.read(await hub.mgr.dispatch({ topic }))).sender).toBeNull();
  });

  test('9 · X-Sender-Type is the sender type, api without it or with a bad one', async () => {
    const topic = hub.topic('senderType');
    const typed = async (headers: Record<string, string>) =>
      (await hub.mgr.read(await hub.mgr.dispatch({ topic, senderType: 'body' }, headers)))
        .senderType;
    expect(await typed({ 'x-sender-type': 'blender' })).toBe('blender');
    expect(await typed({})).toBe('api');
    expect(await typed({ 'x-sender-type': 'a b' })).toBe('api');
  });

  test('10 · snake_case and camelCase are both read, camelCase wins', async () => {
    const topic = hub.topic('cases');
    const [first, second] = [await hub.mgr.dispatch({ topic }), await hub.mgr.dispatch({ topic })];
    const parentOf = async (body: object) =>
      (await hub.mgr.read(await hub.mgr.dispatch({ topic, ...body }))).dependsOn;
    expect(await parentOf({ depends_on: first })).toBe(first);
    expect(await parentOf({ dependsOn: second })).toBe(second);
    expect(await parentOf({ depends_on: first, dependsOn: second })).toBe(second);
    const patch = async (body: object) => {
      expect((await hub.mgr.patch(first, body)).status).toBe(204);
      return (await hub.mgr.read(first)).project;
    };
    expect(await patch({ project_name: 'snake' })).toBe('snake');
    expect(await patch({ project_name: 'snake', projectName: 'camel' })).toBe('camel');
  });

  test('11 · a parent id has 32 characters; one that is not there is stored as none', async () => {
    const topic = hub.topic('parent');
    for (const dependsOn of ['', 'abc', 'e'.repeat(33)]) {
      expectInvalid(await post({ topic, dependsOn }), ['body', 'dependsOn']);
    }
    const id = await hub.mgr.dispatch({ topic, dependsOn: 'e'.repeat(32) });
    expect((await hub.mgr.read(id)).dependsOn).toBeNull();
  });

  test('12 · the same hash twice is refused with 409, also under another topic', async () => {
    const [topic, other] = [hub.topic('hash'), hub.topic('hash')];
    const id = await hub.mgr.dispatch({ topic, hash: 'once' });
    expectRefused(await post({ topic: other, hash: 'once' }), 409, TAKEN);
    const rows = await hub.mgr.edges(`topics: ["${topic}", "${other}"]`);
    expect(rows.map(({ node }) => node.id)).toEqual([id]);
  });

  test('13 · reuse takes the place of the event with the hash: new id, old creation and retries', async () => {
    const topic = hub.topic('reuse');
    const old = await hub.mgr.dispatch({ topic, hash: 'again', description: 'old' });
    expect((await hub.mgr.patch(old, { retries: 3 })).status).toBe(204);
    const before = await hub.mgr.read(old);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const id = await hub.adm.dispatch({ topic: `${topic}.new`, hash: 'again', reuse: true });
    expect(id).not.toBe(old);
    expectRefused(await hub.mgr.get(`/api/events/${old}`), 404, 'Event not found');
    const after = await hub.mgr.read(id);
    expect(after).toMatchObject({
      topic: `${topic}.new`,
      hash: 'again',
      user: 'adm',
      description: '',
      retries: 3,
      createdAt: before.createdAt,
    });
    expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
  });

  test('14 · reuse of an event with children is 409 and changes nothing', async () => {
    const topic = hub.topic('reuseParent');
    const parent = await hub.mgr.dispatch({ topic, hash: 'with-child' });
    await hub.mgr.dispatch({ topic, dependsOn: parent });
    const before = await hub.mgr.read(parent);
    const reply = await post({ topic, hash: 'with-child', reuse: true });
    expectRefused(reply, 409, 'Event depends on non-existing event');
    expect(await hub.mgr.read(parent)).toEqual(before);
    expect(await hub.mgr.edges(`topics: ["${topic}"]`)).toHaveLength(2);
  });

  test('15 · store:false answers an id that names nothing and sends a message that says so', async () => {
    const topic = hub.topic('unstored');
    const listener = await hub.listen('mgr', [topic]);
    const id = await hub.mgr.dispatch({ topic, store: false });
    expectRefused(await hub.mgr.get(`/api/events/${id}`), 404, 'Event not found');
    await listener.settle();
    expect(listener.messages).toMatchObject([{ id, topic, store: false }]);
    listener.close();
  });

  test('16 · store:false does not mind a taken hash', async () => {
    const topic = hub.topic('unstored');
    await hub.mgr.dispatch({ topic, hash: 'taken' });
    const id = await hub.mgr.dispatch({ topic, hash: 'taken', store: false });
    expect((await hub.mgr.get(`/api/events/${id}`)).status).toBe(404);
  });

  test('17 · the empty hash is a hash: the second one conflicts', async () => {
    const topic = hub.topic('emptyHash');
    const id = await hub.mgr.dispatch({ topic, hash: '' });
    expect((await hub.mgr.read(id)).hash).toBe('');
    expectRefused(await post({ topic, hash: '' }), 409, TAKEN);
  });
});
