import { describe, expect, test } from 'vitest';
import {
  type FromWorker,
  parseRequest,
  requestNumber,
  transferOf,
} from '../../worker/browser/protocol.ts';

const open = { database: 'd', wasmUrl: 'w', server: null, token: null, user: null };

describe('a message to the worker', () => {
  test.each([
    { request: 1, kind: 'open', body: open },
    { request: 2, kind: 'dispatch', body: { event: { topic: 'demo.a' } } },
    { request: 3, kind: 'update', body: { id: 'x', changes: {} } },
    { request: 4, kind: 'live', body: { live: 1, query: '{}' } },
    { request: 5, kind: 'token', body: { token: null } },
    { request: 6, kind: 'flush', body: {} },
  ])('is taken when it fits: $kind', (message) => {
    expect(parseRequest(message)).toBe(message);
  });

  test.each([
    null,
    undefined,
    'open',
    7,
    [],
    {},
    { request: 1 },
    { request: '1', kind: 'flush', body: {} },
    { request: Number.NaN, kind: 'flush', body: {} },
    { request: 1.5, kind: 'flush', body: {} },
    { request: 1, kind: 'flush', body: null },
    { request: 1, kind: 'flush', body: [] },
    { request: 1, kind: 'nothing', body: {} },
    { request: 1, kind: 'constructor', body: {} },
    { request: 1, kind: '__proto__', body: {} },
    { request: 1, kind: ['flush'], body: {} },
    { request: 1, kind: 'open', body: {} },
    { request: 1, kind: 'open', body: { ...open, token: 5 } },
    { request: 1, kind: 'open', body: { ...open, database: undefined } },
    { request: 1, kind: 'dispatch', body: {} },
    { request: 1, kind: 'dispatch', body: { event: [] } },
    { request: 1, kind: 'update', body: { id: 'x' } },
    { request: 1, kind: 'update', body: { id: 5, changes: {} } },
    { request: 1, kind: 'get', body: { id: null } },
    { request: 1, kind: 'query', body: { query: { last: 1 } } },
    { request: 1, kind: 'live', body: { live: '1', query: '{}' } },
    { request: 1, kind: 'token', body: {} },
  ])('is refused when it does not fit: %j', (message) => {
    expect(parseRequest(message)).toBeNull();
  });

  test('is refused under its own number when it has one', () => {
    expect(requestNumber({ request: 12, kind: 'nothing' })).toBe(12);
    expect(requestNumber({ request: 'x' })).toBe(-1);
    expect(requestNumber(null)).toBe(-1);
  });
});

describe('bytes for the page', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  test.each<[FromWorker, number]>([
    [{ reply: 1, value: bytes }, 1],
    [{ live: 1, page: bytes }, 1],
    [{ reply: 1, value: null }, 0],
    [{ reply: 1, error: { code: 'state', message: '' } }, 0],
    [{ live: 1, patches: bytes }, 1],
  ])('are moved, not copied: %j', (message, count) => {
    expect(transferOf(message)).toHaveLength(count);
  });
});
