import { describe, expect, test } from 'vitest';
import type { ClientPort, Connect } from '../../web/client/connect.ts';
import { CuesheetError, openEvents } from '../../web/client/index.ts';
import { createPageReader, parsePage } from '../../web/client/page-reader.ts';
import { createWorkerPort } from '../../web/client/worker-port.ts';
import type { FromWorker, Status } from '../../worker/browser/protocol.ts';
import { PROTOCOL_VERSION } from '../../worker/browser/versions.ts';

/** Workers one after the other; the port speaks to the last one. */
function port(onStatus: (status: Status) => void = () => {}, periodMs?: number) {
  const workers: FakeWorker[] = [];
  const connect: Connect = (onGone, mayShare) => {
    const port: ClientPort = {
      onmessage: null,
      postMessage: (message) => void worker.sent.push(structuredClone(message)),
    };
    const onMessage = (data: FromWorker) => port.onmessage?.(new MessageEvent('message', { data }));
    const worker: FakeWorker = { sent: [], ended: false, mayShare, onMessage, onGone };
    workers.push(worker);
    return Promise.resolve({
      port,
      version: PROTOCOL_VERSION,
      isShared: true,
      end() {
        worker.ended = true;
      },
    });
  };
  return { workers, port: createWorkerPort(connect, onStatus, periodMs) };
}

interface FakeWorker {
  onMessage(message: FromWorker): void;
  onGone(): void;
  sent: object[];
  ended: boolean;
  mayShare: boolean;
}

/** The worker with this number, once it has received this many messages. */
async function workerOf(workers: FakeWorker[], number: number, messages = 0): Promise<FakeWorker> {
  await expect.poll(() => workers[number]?.sent.length ?? -1).toBeGreaterThanOrEqual(messages);
  return workers[number] as FakeWorker;
}

const openBody = { database: 'd', wasmUrl: 'w', server: null, token: null, user: null };
const event = { topic: 'demo.a' };

describe('the page side of the protocol', () => {
  test('pairs answers with requests in any order', async () => {
    const { workers, port: p } = port();
    const first = p.request('remove', { id: 'a' });
    const second = p.request('remove', { id: 'b' });
    const worker = await workerOf(workers, 0, 2);
    worker.onMessage({ reply: 2, value: { removed: false } });
    worker.onMessage({ reply: 1, value: { removed: true } });
    worker.onMessage({ reply: 99, value: null }); // no request has this number
    expect(await first).toEqual({ removed: true });
    expect(await second).toEqual({ removed: false });
  });

  test('turns refusals into CuesheetError', async () => {
    const { workers, port: p } = port();
    const request = p.request('flush', {});
    const worker = await workerOf(workers, 0, 1);
    worker.onMessage({ reply: 1, error: { code: 'storage', message: 'disk full' } });
    await expect(request).rejects.toEqual(new CuesheetError('storage', 'disk full'));
    await expect(request).rejects.toMatchObject({ name: 'CuesheetError', code: 'storage' });
  });

  test('refuses what no message can carry', async () => {
    const { workers, port: p } = port();
    const bad = { topic: 'demo.a', payload: { work: () => {} } };
    await expect(p.request('dispatch', { event: bad })).rejects.toMatchObject({ code: 'invalid' });
    void p.request('flush', {});
    await workerOf(workers, 0, 1);
    await expect(p.request('dispatch', { event: bad })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('when its worker ends, asks the next one what may be repeated, and no write twice', async () => {
    const { workers, port: p } = port();
    const opened = p.request('open', openBody);
    const first = await workerOf(workers, 0, 1);
    first.onMessage({ reply: 1, value: null });
    await opened;
    const lost = p.request('dispatch', { event });
    const body = { query: '{"last":1}' };
    const read = p.request('query', body);
    body.query = '{"last":2}'; // what was asked does not change any more
    first.onGone();
    const queued = p.request('dispatch', { event });
    await expect(lost).rejects.toMatchObject({ code: 'owner_lost' });
    const second = await workerOf(workers, 1, 3);
    expect(second.sent).toMatchObject([
      { request: 1, kind: 'open' },
      { request: 3, kind: 'query', body: { query: '{"last":1}' } },
      { request: 4, kind: 'dispatch' },
    ]);
    second.onMessage({ reply: 3, value: new Uint8Array() });
    second.onMessage({ reply: 4, value: { id: 'i' } });
    await expect(read).resolves.toEqual(new Uint8Array());
    await expect(queued).resolves.toEqual({ id: 'i' });
  });

  test('opens its live queries at the next worker, with the newest token and the new status', async () => {
    const heard: Status[] = [];
    const { workers, port: p } = port((status) => heard.push(status));
    void p.request('open', openBody);
    void p.request('live', { live: 1, query: '{}' });
    void p.request('live', { live: 2, query: '{}' });
    void p.request('unlive', { live: 1 });
    void p.request('token', { token: 'new' });
    const first = await workerOf(workers, 0, 5);
    for (let reply = 1; reply <= 5; reply++) first.onMessage({ reply, value: null });
    first.onGone();
    const second = await workerOf(workers, 1, 2);
    expect(second.sent).toMatchObject([
      { kind: 'open', body: { token: 'new' } },
      { kind: 'live', body: { live: 2 } },
    ]);
    second.onMessage({ reply: 1, value: { events: 7 } as Status });
    expect(heard).toEqual([{ events: 7 }]);
  });

  test('leaves a worker that does not answer, and no longer shares', async () => {
    const { workers, port: p } = port(() => {}, 5);
    const write = p.request('dispatch', { event });
    const read = p.request('flush', {});
    await expect(write).rejects.toMatchObject({ code: 'owner_lost' });
    const second = await workerOf(workers, 1, 1);
    expect(workers[0]?.ended).toBe(true);
    expect(workers[0]?.sent).toContainEqual({ ping: true });
    expect(second).toMatchObject({ mayShare: false, sent: [{ request: 2, kind: 'flush' }] });
    second.onMessage({ reply: 2, value: null });
    await read;
  });

  test('waits for a worker that is slow and says that it is there', async () => {
    const { workers, port: p } = port(() => {}, 5);
    const read = p.request('flush', {});
    const worker = await workerOf(workers, 0, 1);
    const pongs = setInterval(() => worker.onMessage({ pong: true }), 2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    clearInterval(pongs);
    expect(workers).toHaveLength(1);
    worker.onMessage({ reply: 1, value: null });
    await read;
  });

  test('workers that stop again and again are an error for everybody who waits', async () => {
    const { workers, port: p } = port();
    const request = p.request('flush', {});
    for (let number = 0; number <= 5; number++) (await workerOf(workers, number, 1)).onGone();
    await expect(request).rejects.toMatchObject({ code: 'state' });
    await expect(p.request('flush', {})).rejects.toMatchObject({ code: 'state' });
    expect(workers).toHaveLength(6);
  });

  test('so are workers that answer in between, until a minute has passed', async () => {
    const { workers, port: p } = port();
    const ask = async (number: number) => {
      const request = p.request('flush', {});
      const worker = await workerOf(workers, number, 1);
      worker.onMessage({ reply: number + 1, value: null });
      await request;
      worker.onGone();
    };
    for (let number = 0; number <= 5; number++) await ask(number);
    await expect(p.request('flush', {})).rejects.toMatchObject({ code: 'state' });
    expect(workers).toHaveLength(6);
  });

  test('a worker that does not start is an error for everybody who waits', async () => {
    const refused = new CuesheetError('state', 'no worker.js');
    const p = createWorkerPort(
      () => Promise.reject(refused),
      () => {},
    );
    await expect(p.request('flush', {})).rejects.toBe(refused);
  });

  test('after the end every request is refused', async () => {
    const { port: p } = port();
    p.end();
    await expect(p.request('flush', {})).rejects.toMatchObject({ code: 'closed' });
  });

  test('pages of a live query that has ended go nowhere', async () => {
    const { workers, port: p } = port();
    const worker = await workerOf(workers, 0);
    const pages: number[] = [];
    p.setLive(1, { page: (bytes) => pages.push(bytes.length), patches: () => {} });
    worker.onMessage({ live: 1, page: new Uint8Array(3) });
    p.setLive(1, null);
    worker.onMessage({ live: 1, page: new Uint8Array(4) });
    expect(pages).toEqual([3]);
  });
});

/** A row as the core writes it, and as a page has it. */
const cells = (id: string, status = 'pending') => [
  ...[id, null, 'demo.a', null, null, null, null, null, status, 0, '', {}],
  ...['2026-11-30T12:00:00.000000+00:00', null, 'c'],
];
const row = (id: string, status = 'pending') =>
  parsePage(encode({ events: [cells(id, status)], pageInfo: {} })).events[0];
const encode = (value: object) => new TextEncoder().encode(JSON.stringify(value));

test('a row that did not change stays the same object on a fresh page', () => {
  const read = createPageReader();
  const page = (...events: object[]) => encode({ events, pageInfo: {} });
  const first = read.page(page(cells('a'), cells('b')));
  const second = read.page(page(cells('b'), cells('a', 'finished')));
  expect(second.events[0]).toBe(first.events[1]);
  expect(second.events[1]).not.toBe(first.events[0]);
});

test('patches make the next page, and leave the one before as it was', () => {
  const read = createPageReader();
  const first = read.page(encode({ events: [cells('a'), cells('b'), cells('c')], pageInfo: {} }));
  const pageInfo = {
    hasNextPage: false,
    hasPreviousPage: true,
    startCursor: null,
    endCursor: null,
  };
  const patchesOf = (form: typeof cells | typeof row) => [
    { op: 'remove', at: 0 },
    { op: 'move', from: 1, at: 0 },
    { op: 'insert', at: 0, event: form('d') },
    { op: 'update', at: 2, event: form('b', 'finished') },
  ];
  const second = read.patches(encode({ live: 1, patches: patchesOf(cells), pageInfo }));
  const events = [row('d'), row('c'), row('b', 'finished')];
  expect(second).toEqual({ page: { events, pageInfo }, patches: patchesOf(row) });
  const inserted = second.patches.find(({ op }) => op === 'insert');
  expect(inserted && 'event' in inserted && inserted.event).toBe(second.page.events[0]);
  expect(second.page.events[1]).toBe(first.events[2]);
  expect(first.events.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

test('on a server the package can be imported; opening says what is wrong', async () => {
  await expect(openEvents()).rejects.toMatchObject({ name: 'CuesheetError', code: 'state' });
});
