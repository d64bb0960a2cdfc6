import { expect, test } from 'vitest';
import { closeCode, eventually, openSocket } from './listener.ts';
import { conformance } from './suite.ts';

const KEYS = [
  'createdAt',
  'dependsOn',
  'description',
  'id',
  'project',
  'sender',
  'senderType',
  'status',
  'summary',
  'topic',
  'updatedAt',
  'user',
];

conformance('websocket', (hub) => {
  /** Sends fire-and-forget events of these topics, then waits until the listeners have had them. */
  const tell = async (listeners: { settle(): Promise<void> }[], events: object[]) => {
    for (const event of events) await hub.svc.dispatch({ store: false, ...event });
    for (const listener of listeners) await listener.settle();
  };
  const topics = ({ messages }: { messages: { topic: string }[] }) =>
    messages.map(({ topic }) => topic);

  test('80 · who does not authenticate hears nothing and is closed with 1000 after 3 s', async () => {
    const silent = await openSocket(hub.hub.url);
    const wrong = await openSocket(hub.hub.url);
    wrong.socket.send(JSON.stringify({ topic: 'auth', token: 'wrong', subscribe: ['*'] }));
    const opened = Date.now();
    const codes = [silent, wrong].map(({ socket }) => closeCode(socket));
    const listener = await hub.listen('svc', ['*']);
    await tell([listener], [{ topic: 'server.started' }, { topic: 'a.b' }]);
    expect(await Promise.all(codes)).toEqual([1000, 1000]);
    expect(Date.now() - opened).toBeGreaterThan(2500);
    expect(Date.now() - opened).toBeLessThan(9000);
    expect([silent.heard, wrong.heard]).toEqual([[], []]);
    expect(listener.socket.readyState).toBe(listener.socket.OPEN);
    listener.close();
  });

  test('81 · a subscription is a list of prefixes; server.started and heartbeats come always', async () => {
    const listener = await hub.listen('mgr', ['entity']);
    const nothing = await hub.listen('mgr', ['entity.*']);
    const sent = ['entity.task.created', 'log.info', 'entityfoo', 'server.started', 'an.entity'];
    await tell(
      [listener, nothing],
      sent.map((topic) => ({ topic })),
    );
    expect(topics(listener)).toEqual(['entity.task.created', 'entityfoo', 'server.started']);
    expect(topics(nothing)).toEqual(['server.started']);
    await eventually(() => listener.heartbeats() > 0, 'a heartbeat');
    listener.close();
    nothing.close();
  });

  test('82 · authenticating again changes the subscription, a failed try changes nothing', async () => {
    const listener = await hub.listen('mgr', ['first']);
    const events = [{ topic: 'first.one' }, { topic: 'second.one' }];
    await tell([listener], events);
    await listener.subscribe(['second']);
    await tell([listener], events);
    expect(topics(listener)).toEqual(['first.one', 'second.one']);
    for (const token of ['wrong', '', null, 5]) {
      listener.socket.send(JSON.stringify({ topic: 'auth', token, subscribe: ['first'] }));
    }
    await tell([listener], events);
    await tell([listener], events);
    expect(topics(listener)).toEqual(['first.one', 'second.one', 'second.one', 'second.one']);
    listener.close();
  });

  test('83 · a project shuts out other projects, but for messages of the inbox', async () => {
    const listener = await hub.listen('mgr', ['*'], 'demo');
    const other = { project: 'other' };
    await tell(
      [listener],
      [
        { topic: 'p.one', project: 'demo' },
        { topic: 'p.two', ...other },
        { topic: 'p.three' },
        { topic: 'p.four', project: 'Demo' },
        { topic: 'inbox.message', ...other, recipients: ['mgr'] },
        { topic: 'inbox.message', ...other, recipients: ['bob'] },
        { topic: 'server.started', ...other },
      ],
    );
    expect(topics(listener)).toEqual(['p.one', 'p.three', 'inbox.message', 'server.started']);
    listener.close();
  });

  test('84 · a normal user hears own projects, a guest four topics of any', async () => {
    const [user, guest] = [await hub.listen('usr', ['*']), await hub.listen('gst', ['*'])];
    await tell(
      [user, guest],
      [
        { topic: 'p.one', project: 'demo' },
        { topic: 'p.two', project: 'other' },
        { topic: 'p.three', project: 'Demo' },
        { topic: 'p.four' },
        { topic: 'inbox.message', project: 'other', recipients: ['usr', 'gst'] },
        { topic: 'server.started', project: 'other' },
        { topic: 'activity.created', project: 'other' },
        { topic: 'activity.updated', project: 'demo' },
        { topic: 'activity.deleted', project: 'other' },
        { topic: 'entity.version.updated', project: 'other' },
      ],
    );
    expect(topics(user)).toEqual(['p.one', 'p.four', 'activity.updated']);
    expect(topics(guest)).toEqual([
      'p.four',
      'activity.created',
      'activity.updated',
      'entity.version.updated',
    ]);
    user.close();
    guest.close();
  });

  test('85 · recipients restrict who hears a message and are not visible in it', async () => {
    const topic = hub.topic('recipients');
    const listeners = [await hub.listen('usr', [topic]), await hub.listen('bob', [topic])];
    const id = await hub.svc.dispatch({ topic, recipients: ['bob'], description: 'for bob' });
    await hub.svc.dispatch({ topic, recipients: [], description: 'for nobody' });
    await tell(listeners, [{ topic, recipients: null, description: 'for all' }]);
    const [usr, bob] = listeners.map(({ messages }) => messages);
    expect(usr).toMatchObject([{ description: 'for all' }]);
    expect(bob).toMatchObject([{ id, description: 'for bob' }, { description: 'for all' }]);
    expect(bob?.[0]).not.toHaveProperty('recipients');
    expect(await hub.usr.read(id)).not.toHaveProperty('recipients');
    for (const listener of listeners) listener.close();
  });

  test('86 · a dispatch message has 14 keys, an update 12, with progress 13', async () => {
    const topic = hub.topic('keys');
    const listener = await hub.listen('mgr', [topic]);
    const body = { topic, summary: { a: 1 }, payload: { b: 2 }, finished: false };
    const id = await hub.mgr.dispatch(body);
    for (const patch of [{ description: 'x' }, { progress: 50 }]) {
      expect((await hub.mgr.patch(id, patch)).status).toBe(204);
    }
    await listener.settle();
    const [dispatched, updated, progressed] = listener.messages;
    expect(Object.keys(dispatched)).toEqual([...KEYS, 'progress', 'store'].sort());
    expect(Object.keys(updated)).toEqual(KEYS);
    expect(Object.keys(progressed)).toEqual([...KEYS, 'progress'].sort());
    expect(dispatched).toMatchObject({
      id,
      summary: { a: 1 },
      project: null,
      createdAt: expect.stringMatching(/\+00:00$/),
    });
    listener.close();
  });

  test('87 · a heartbeat comes within 10 s, whatever is subscribed', async () => {
    const listener = await hub.listen('gst', []);
    const opened = Date.now();
    const first = listener.heartbeats();
    await eventually(() => listener.heartbeats() > first, 'a heartbeat');
    expect(Date.now() - opened).toBeLessThan(10_000);
    listener.close();
  });

  test('88 · junk closes no socket', async () => {
    const listener = await hub.listen('mgr', ['after']);
    const junk = [
      '',
      'junk',
      '[]',
      'null',
      '5',
      '{"topic":1}',
      '{"topic":"auth"}',
      '{'.repeat(999),
    ];
    const nulls = '\u0000'.repeat(1000);
    for (const text of [...junk, nulls, '{"topic":"auth","token":{}}']) listener.socket.send(text);
    listener.socket.send(Buffer.from([0, 1, 2, 255]));
    await tell([listener], [{ topic: 'after.junk' }]);
    expect(topics(listener)).toEqual(['after.junk']);
    listener.close();
  });
});
