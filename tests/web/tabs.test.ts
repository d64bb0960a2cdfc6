import { afterEach, describe, expect, test } from 'vitest';
import { createGuest } from '../../worker/browser/guest.ts';
import { createOwner } from '../../worker/browser/owner.ts';
import type { FromWorker, RequestMessage } from '../../worker/browser/protocol.ts';
import type { Session } from '../../worker/browser/session.ts';

const channels: BroadcastChannel[] = [];
function channel(): BroadcastChannel {
  const opened = new BroadcastChannel('tabs.test');
  channels.push(opened);
  return opened;
}
afterEach(() => {
  for (const opened of channels.splice(0)) opened.close();
});

const flush = (request: number): RequestMessage => ({ request, kind: 'flush', body: {} });
const dispatch = (request: number): RequestMessage => ({
  request,
  kind: 'dispatch',
  body: { event: { topic: 'demo.a' } },
});
const open: RequestMessage = {
  request: 1,
  kind: 'open',
  body: { database: 'd', wasmUrl: 'w', server: null, token: null, user: null },
};

/** A session that notes what it is asked; `answer` null = it never answers. */
function fakeSession(asked: number[], answer: 'at once' | 'never' = 'at once'): Promise<Session> {
  return Promise.resolve({
    leave: () => {},
    handle(_page: string, message: RequestMessage) {
      asked.push(message.request);
      return answer === 'never' ? new Promise<null>(() => {}) : Promise.resolve(null);
    },
  });
}

function guestOf(page: string, opened: RequestMessage[], timeoutMs?: number) {
  const heard: FromWorker[] = [];
  const guest = createGuest(page, channel(), opened, (message) => heard.push(message), timeoutMs);
  return { guest, heard };
}

describe('the worker of a second tab', () => {
  test('gets its answers from the owner', async () => {
    const asked: number[] = [];
    createOwner(fakeSession(asked), channel(), null);
    const { guest, heard } = guestOf('p', []);
    guest.ask(flush(1));
    guest.ask(flush(2));
    await expect
      .poll(() => heard)
      .toEqual([
        { reply: 1, value: null },
        { reply: 2, value: null },
      ]);
    expect(asked).toEqual([1, 2]);
  });

  test('is heard by an owner that came a moment later, and once only', async () => {
    const { guest, heard } = guestOf('p', [open]);
    guest.ask(open);
    guest.ask(dispatch(2));
    const asked: number[] = [];
    createOwner(fakeSession(asked), channel(), null);
    await expect.poll(() => heard).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual([1, 2]);
    expect(heard).toHaveLength(2);
  });

  test('is refused in a bounded time when no owner answers', async () => {
    const { guest, heard } = guestOf('p', [], 30);
    guest.ask(flush(1));
    await expect.poll(() => heard).toMatchObject([{ reply: 1, error: { code: 'timeout' } }]);
  });

  test('tells a new owner what it has open; of a write that was begun nobody knows', async () => {
    const first: number[] = [];
    const old = channel();
    createOwner(fakeSession(first, 'never'), old, null);
    const { guest, heard } = guestOf('p', [open]);
    guest.ask(open);
    guest.ask(dispatch(2));
    guest.ask(flush(3));
    await expect.poll(() => first).toEqual([1, 2, 3]);
    old.close();

    const second: number[] = [];
    createOwner(fakeSession(second), channel(), null);
    await expect.poll(() => second).toEqual([1, 3]);
    await expect.poll(() => heard).toHaveLength(3);
    expect(heard).toMatchObject([
      { reply: 2, error: { code: 'owner_lost' } },
      { reply: 1, value: null },
      { reply: 3, value: null },
    ]);
  });

  test('becomes the owner with everything that was not begun', async () => {
    const { guest, heard } = guestOf('p', [open]);
    guest.ask(open);
    guest.ask(dispatch(2));
    expect(guest.end()).toEqual({ again: [open, dispatch(2)], lost: [] });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard).toEqual([]);
  });

  test('cannot harm the owner with messages that are none', async () => {
    const asked: number[] = [];
    createOwner(fakeSession(asked), channel(), null);
    const rogue = channel();
    for (const junk of [null, 1, 'x', {}, { to: 'owner' }, { to: 'owner', page: 1, message: {} }]) {
      rogue.postMessage(junk);
    }
    rogue.postMessage({ to: 'owner', page: 'p', message: { request: 1, kind: 'open', body: {} } });
    const { guest, heard } = guestOf('p', []);
    guest.ask(flush(1));
    await expect.poll(() => heard).toEqual([{ reply: 1, value: null }]);
    expect(asked).toEqual([1]);
  });
});

test('a session that does not open is an error for everybody who asks', async () => {
  const owner = createOwner(Promise.reject(new Error('no wasm')), null, null);
  const heard: FromWorker[] = [];
  await owner.answer('p', flush(1), (message) => heard.push(message));
  expect(heard).toEqual([{ reply: 1, error: { code: 'storage', message: 'no wasm' } }]);
});
