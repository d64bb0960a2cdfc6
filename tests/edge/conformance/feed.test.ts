import { expect, test } from 'vitest';
import type { Answer } from '../hub-process.ts';
import { seedEvent, seedId } from './seed.ts';
import { conformance, type Client } from './suite.ts';

interface Change {
  sequence: number;
  kind: string;
  id: string;
  previousId?: string;
  event?: Answer;
}

conformance(
  'change feed',
  (hub) => {
    const head = async (): Promise<number> => (await hub.adm.get('/api/changes')).body.head;
    const after = async (client: Client, since: number, more = ''): Promise<Answer> => {
      const { status, body } = await client.get(`/api/changes?since=${since}${more}`);
      expect(status).toBe(200);
      return body;
    };

    test('every insert, update, replacement and removal is a change, in order and without a gap', async () => {
      const since = await head();
      const topic = hub.topic('feed');
      const first = await hub.mgr.dispatch({ topic, hash: `${topic}.h`, payload: { a: 1 } });
      await hub.svc.patch(first, { description: 'changed' });
      const second = await hub.mgr.dispatch({ topic, hash: `${topic}.h`, reuse: true });
      const third = await hub.mgr.dispatch({ topic });
      await hub.adm.remove(third);
      const { changes, next, head: last } = await after(hub.adm, since);
      expect(changes.map(({ sequence }: Change) => sequence - since)).toEqual([1, 2, 3, 4, 5]);
      expect(changes.map(({ kind, id }: Change) => [kind, id])).toEqual([
        ['inserted', first],
        ['updated', first],
        ['replaced', second],
        ['inserted', third],
        ['removed', third],
      ]);
      expect(changes[2].previousId).toBe(first);
      expect(changes[2].event).toMatchObject({ id: second, topic, cursor: expect.any(String) });
      expect([next, last]).toEqual([since + 5, since + 5]);
      const page = await after(hub.adm, since, '&limit=2');
      expect([page.changes.length, page.next, page.head]).toEqual([2, since + 2, since + 5]);
    });

    test('users get what they may read, and a removal for what goes to a project of others', async () => {
      const since = await head();
      const topic = hub.topic('rights');
      const mine = await hub.mgr.dispatch({ topic, project: 'demo' });
      const theirs = await hub.mgr.dispatch({ topic, project: 'other' });
      const { changes } = await after(hub.usr, since);
      expect(changes.map(({ id }: Change) => id)).toEqual([mine]);
      await hub.mgr.patch(mine, { project: 'other' });
      const { changes: later } = await after(hub.usr, since + 2);
      expect(later).toEqual([{ sequence: since + 3, kind: 'removed', id: mine }]);
      expect((await after(hub.bob, since)).changes.map(({ id }: Change) => id)).toContain(theirs);
      expect((await hub.gst.get('/api/changes')).status).toBe(403);
    });

    test('a poll waits for the next change, and not longer than it was told', async () => {
      const since = await head();
      const waiting = after(hub.adm, since, '&wait=20');
      await new Promise((resolve) => setTimeout(resolve, 300));
      const id = await hub.mgr.dispatch({ topic: hub.topic('wait') });
      expect((await waiting).changes.map((change: Change) => change.id)).toEqual([id]);
      const started = performance.now();
      expect((await after(hub.adm, since + 1, '&wait=1')).changes).toEqual([]);
      expect(performance.now() - started).toBeGreaterThan(900);
      expect((await hub.adm.get('/api/changes?wait=31')).status).toBe(400);
      expect((await hub.adm.get('/api/changes?since=x')).status).toBe(400);
    });

    test('what is not known any more, or of another store, is 410 and says what to do', async () => {
      for (const query of ['since=0', 'since=999999999', `since=${await head()}&store=other`]) {
        const { status, body } = await hub.adm.get(`/api/changes?${query}`);
        expect(status).toBe(410);
        expect(body).toEqual({
          code: 410,
          detail: expect.stringContaining('take GET /api/snapshot'),
          version: expect.any(Number),
          head: expect.any(Number),
          store: expect.stringMatching(/^[0-9a-f]{32}$/),
        });
      }
    });

    test('a stream tells changes as they happen, and goes on from Last-Event-ID', async () => {
      const since = await head();
      const before = await hub.mgr.dispatch({ topic: hub.topic('stream') });
      const stop = new AbortController();
      const response = await fetch(`${hub.hub.url}/api/changes`, {
        headers: {
          'x-api-key': hub.adm.key,
          accept: 'text/event-stream',
          'last-event-id': String(since),
        },
        signal: stop.signal,
      });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      const later = hub.mgr.dispatch({ topic: hub.topic('stream') });
      const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>)
        .pipeThrough(new TextDecoderStream())
        .getReader();
      let text = '';
      while (!text.includes(`id: ${since + 2}\nevent: change`)) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
      }
      stop.abort();
      expect(text.indexOf(before)).toBeGreaterThan(-1);
      expect(text.indexOf(await later)).toBeGreaterThan(text.indexOf(before));
    });

    test('a snapshot is everything, newest first, and its sequence begins the tail of changes', async () => {
      const topic = hub.topic('snapshot');
      const newest = await hub.mgr.dispatch({ topic, payload: { secret: 1 } });
      for (const query of ['', '?payloads=true']) {
        const response = await fetch(`${hub.hub.url}/api/snapshot${query}`, {
          headers: { 'x-api-key': hub.adm.key, 'accept-encoding': 'gzip' },
        });
        const text = await response.text();
        const [first, ...events] = text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
        expect(response.headers.get('content-encoding')).toBe('gzip');
        expect(response.headers.get('x-cuesheet-sequence')).toBe(String(first.sequence));
        expect(first.sequence).toBe(await head());
        expect(events[0].id).toBe(newest);
        expect(events[0].payload).toEqual(query ? { secret: 1 } : undefined);
        expect(events.at(-1).id).toBe(seedId(1));
        expect((await after(hub.adm, first.sequence)).changes).toEqual([]);
      }
      const own = await fetch(`${hub.hub.url}/api/snapshot`, {
        headers: { 'x-api-key': hub.usr.key, 'accept-encoding': 'identity' },
      });
      expect(await own.text()).not.toContain('"project":"other"');
    });
  },
  [seedEvent(1, { topic: 'seed.first' }), seedEvent(2, { topic: 'seed.second', project: 'other' })],
);
