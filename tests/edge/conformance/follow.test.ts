import type WebSocket from 'ws';
import { expect, test } from 'vitest';
import type { Answer } from '../hub-process.ts';
import { eventually, openSocket } from './listener.ts';
import { seedEvent } from './seed.ts';
import { conformance, type Role } from './suite.ts';

interface Follower {
  socket: WebSocket;
  heard: Answer[];
  changes(): Answer[];
  ack(): void;
}

/** The hub sends this many batches of at most 100 changes without an answer (core/hub/followers.h). */
const WINDOW = 800;

conformance(
  'change feed by WebSocket',
  (hub) => {
    const head = async (): Promise<number> => (await hub.adm.get('/api/changes')).body.head;

    async function follow(role: Role, message: object): Promise<Follower> {
      await hub[role].get('/api/users/me');
      const { socket, heard } = await openSocket(hub.hub.url);
      const auth = { topic: 'auth', token: hub[role].key, subscribe: ['*'], snapshot: false };
      socket.send(JSON.stringify({ ...auth, ...message }));
      const batches = () => heard.filter(({ topic }) => topic === 'cuesheet.changes');
      await eventually(
        () => heard.some(({ topic }) => /^cuesheet\.(changes|gone|refused)$/.test(topic)),
        'the answer to a login with since',
      );
      return {
        socket,
        heard,
        changes: () => batches().flatMap(({ changes }) => changes),
        ack: () =>
          socket.send(JSON.stringify({ topic: 'ack', sequence: batches().at(-1)?.next ?? 0 })),
      };
    }

    test('a socket with since gets what it missed, then every change, removals and new ids too', async () => {
      const since = await head();
      const topic = hub.topic('follow');
      const first = await hub.mgr.dispatch({ topic, hash: `${topic}.h` });
      const gone = await hub.mgr.dispatch({ topic });
      await hub.adm.remove(gone);
      const follower = await follow('adm', { since });
      const second = await hub.mgr.dispatch({ topic, hash: `${topic}.h`, reuse: true });
      await hub.svc.patch(second, { description: 'changed' });
      await hub.adm.remove(second);
      await eventually(() => follower.changes().length >= 6, 'six changes');
      expect(
        follower.changes().map(({ sequence, kind, id }) => [sequence - since, kind, id]),
      ).toEqual([
        [1, 'inserted', first],
        [2, 'inserted', gone],
        [3, 'removed', gone],
        [4, 'replaced', second],
        [5, 'updated', second],
        [6, 'removed', second],
      ]);
      expect(follower.changes()[3].previousId).toBe(first);
      expect(follower.heard.some((message) => message.topic === topic)).toBe(false);
      follower.socket.terminate();
    });

    test('a follower sees of a project that is not its own what GET /api/changes shows', async () => {
      const since = await head();
      const topic = hub.topic('rights');
      const follower = await follow('usr', { since });
      await hub.mgr.dispatch({ topic, project: 'other' });
      const mine = await hub.mgr.dispatch({ topic, project: 'demo' });
      await hub.mgr.patch(mine, { project: 'other' });
      await eventually(() => follower.changes().length >= 2, 'two changes');
      expect(follower.changes().map(({ sequence }) => sequence - since)).toEqual([2, 3]);
      expect(follower.changes()[1]).toEqual({ sequence: since + 3, kind: 'removed', id: mine });
      follower.socket.terminate();
    });

    test('what is not known any more, or of another store, is gone; guests are refused', async () => {
      const since = await head();
      for (const message of [{ since: 0 }, { since: since + 1 }, { since, store: 'other' }]) {
        const { socket, heard } = await follow('adm', message);
        expect(heard.find(({ topic }) => topic === 'cuesheet.gone')).toEqual({
          topic: 'cuesheet.gone',
          code: 410,
          detail: expect.stringContaining('take GET /api/snapshot'),
          version: expect.any(Number),
          head: since,
          store: expect.stringMatching(/^[0-9a-f]{32}$/),
        });
        socket.terminate();
      }
      const { socket, heard } = await follow('gst', { since });
      expect(heard.find(({ topic }) => topic === 'cuesheet.refused')?.code).toBe(403);
      socket.terminate();
    });

    test('a follower that acknowledges nothing is sent a window, and all the rest when it does', async () => {
      const since = await head();
      const batch = Array.from({ length: 1000 }, () => ({ topic: hub.topic('slow') }));
      expect((await hub.svc.post('/api/events/batch', batch)).status).toBe(200);
      const follower = await follow('adm', { since });
      await eventually(() => follower.changes().length >= WINDOW, 'a window');
      // What comes after it on the same socket: a message that is not stored passes by.
      const topic = hub.topic('mark');
      await hub.svc.dispatch({ topic, store: false });
      await eventually(() => follower.heard.some((message) => message.topic === topic), 'the mark');
      expect(follower.changes().length).toBe(WINDOW);
      follower.ack();
      await eventually(() => follower.changes().length >= 1000, 'the rest');
      expect(follower.changes().map(({ sequence }) => sequence - since)).toEqual(
        Array.from({ length: 1000 }, (_, index) => index + 1),
      );
      follower.socket.terminate();
    });

    test('what is in work is shown at once, as far as it was asked for', async () => {
      const topic = hub.topic('open');
      const job = await hub.svc.dispatch({ topic, project: 'demo', finished: false });
      await hub.svc.dispatch({ topic, project: 'other', finished: false });
      await hub.svc.dispatch({ topic, project: 'demo' });
      await hub.svc.patch(job, { status: 'in_progress', progress: 42 });
      const message = { since: await head(), subscribe: [topic], snapshot: true };
      const { socket, heard } = await follow('usr', message);
      expect(heard.find((open) => open.topic === 'cuesheet.open')).toMatchObject({
        events: [{ id: job, status: 'in_progress', progress: 42 }],
        isComplete: true,
      });
      socket.terminate();
    });
  },
  [seedEvent(1, { topic: 'seed.first' })],
);
