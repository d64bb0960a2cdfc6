import { describe, expect, test } from 'vitest';
import { CuesheetError, openEvents } from '../../web/client/index.ts';
import { createPageReader } from '../../web/client/page-reader.ts';
import { createWorkerPort } from '../../web/client/worker-port.ts';
import type { FromWorker, Status } from '../../worker/browser/protocol.ts';

class FakeWorker {
  onmessage: ((event: { data: FromWorker }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  sent: unknown[] = [];
  terminated = false;
  postMessage(message: unknown) {
    this.sent.push(structuredClone(message));
  }
  terminate() {
    this.terminated = true;
  }
}

function port(onStatus: (status: Status) => void = () => {}) {
  const worker = new FakeWorker();
  return { worker, port: createWorkerPort(worker as unknown as Worker, onStatus) };
}

describe('the page side of the protocol', () => {
  test('pairs answers with requests in any order', async () => {
    const { worker, port: p } = port();
    const first = p.request('remove', { id: 'a' });
    const second = p.request('remove', { id: 'b' });
    worker.onmessage?.({ data: { reply: 2, value: { removed: false } } });
    worker.onmessage?.({ data: { reply: 1, value: { removed: true } } });
    worker.onmessage?.({ data: { reply: 99, value: null } }); // nobody asked
    expect(await first).toEqual({ removed: true });
    expect(await second).toEqual({ removed: false });
  });

  test('turns refusals into CuesheetError', async () => {
    const { worker, port: p } = port();
    const request = p.request('flush', {});
    worker.onmessage?.({ data: { reply: 1, error: { code: 'storage', message: 'disk full' } } });
    await expect(request).rejects.toEqual(new CuesheetError('storage', 'disk full'));
    await expect(request).rejects.toMatchObject({ name: 'CuesheetError', code: 'storage' });
  });

  test('refuses what no message can carry', async () => {
    const { port: p } = port();
    const event = { topic: 'demo.a', payload: { work: () => {} } };
    await expect(p.request('dispatch', { event })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('a worker that stops is an error for everybody who waits', async () => {
    const { worker, port: p } = port();
    const request = p.request('flush', {});
    worker.onerror?.({ message: 'unreachable' });
    await expect(request).rejects.toMatchObject({ code: 'state' });
    await expect(p.request('flush', {})).rejects.toMatchObject({ code: 'state' });
    expect(worker.terminated).toBe(true);
  });

  test('after the end every request is refused', async () => {
    const { port: p } = port();
    p.end();
    await expect(p.request('flush', {})).rejects.toMatchObject({ code: 'closed' });
  });

  test('pages of a live query that has ended go nowhere', () => {
    const { worker, port: p } = port();
    const pages: number[] = [];
    p.setLive(1, { page: (bytes) => pages.push(bytes.length), patches: () => {} });
    worker.onmessage?.({ data: { live: 1, page: new Uint8Array(3) } });
    p.setLive(1, null);
    worker.onmessage?.({ data: { live: 1, page: new Uint8Array(4) } });
    expect(pages).toEqual([3]);
  });
});

const encode = (value: object) => new TextEncoder().encode(JSON.stringify(value));

test('a row that did not change stays the same object on a fresh page', () => {
  const read = createPageReader();
  const page = (...events: object[]) => encode({ events, pageInfo: {} });
  const first = read.page(page({ id: 'a', status: 'pending' }, { id: 'b', status: 'pending' }));
  const second = read.page(page({ id: 'b', status: 'pending' }, { id: 'a', status: 'finished' }));
  expect(second.events[0]).toBe(first.events[1]);
  expect(second.events[1]).not.toBe(first.events[0]);
});

test('patches make the next page, and leave the one before as it was', () => {
  const read = createPageReader();
  const row = (id: string, status = 'pending') => ({ id, status });
  const first = read.page(encode({ events: [row('a'), row('b'), row('c')], pageInfo: {} }));
  const pageInfo = {
    hasNextPage: false,
    hasPreviousPage: true,
    startCursor: null,
    endCursor: null,
  };
  const patches = [
    { op: 'remove', at: 0 },
    { op: 'move', from: 1, at: 0 },
    { op: 'insert', at: 0, event: row('d') },
    { op: 'update', at: 2, event: row('b', 'finished') },
  ];
  const second = read.patches(encode({ live: 1, patches, pageInfo }));
  expect(second).toEqual({ events: [row('d'), row('c'), row('b', 'finished')], pageInfo });
  expect(second.events[1]).toBe(first.events[2]);
  expect(first.events.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

test('on a server the package can be imported; opening says what is wrong', async () => {
  await expect(openEvents()).rejects.toMatchObject({ name: 'CuesheetError', code: 'state' });
});
