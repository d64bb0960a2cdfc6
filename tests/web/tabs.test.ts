import { afterEach, describe, expect, test } from 'vitest';
import { createGuest } from '../../worker/browser/guest.ts';
import { createOwner } from '../../worker/browser/owner.ts';
import type { FromOwner, FromWorker, RequestMessage } from '../../worker/browser/protocol.ts';
import type { Session } from '../../worker/browser/session.ts';

const channels: BroadcastChannel[] = [];
function channel(): BroadcastChannel {
  const opened = new BroadcastChannel('tabs.test');
  channels.push(opened);
  return opened;
}
const guests: { end(): void }[] = [];
afterEach(() => {
  for (const guest of guests.splice(0)) guest.end();
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

/** A session that notes its requests; `answer` null = it never answers. */
function fakeSession(asked: number[], answer: 'at once' | 'never' = 'at once'): Promise<Session> {
  return Promise.resolve({
    leave: () => {},
    stop: () => Promise.resolve(),
    handOver: () => Promise.resolve(),
    handle(_page: string, message: RequestMessage) {
      asked.push(message.request);
      return answer === 'never' ? new Promise<null>(() => {}) : Promise.resolve(null);
    },
  });
}

function ownerOf(session: Promise<Session>, stolen = false) {
  return createOwner(session, channel(), null, stolen);
}

function guestOf(page: string, periodMs?: number) {
  const heard: FromWorker[] = [];
  let silent = 0;
  const post = (message: FromWorker) => void heard.push(message);
  const guest = createGuest(page, channel(), post, { silent: () => void silent++ }, periodMs);
  guests.push(guest);
  return { guest, heard, silences: () => silent };
}

describe('the worker of a second tab', () => {
  test('gets its answers from the owner', async () => {
    const asked: number[] = [];
    ownerOf(fakeSession(asked));
    const { guest, heard } = guestOf('p');
    guest.ask(open);
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
    const { guest, heard } = guestOf('p');
    guest.ask(open);
    guest.ask(dispatch(2));
    const asked: number[] = [];
    ownerOf(fakeSession(asked));
    await expect.poll(() => heard).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual([1, 2]);
    expect(heard).toHaveLength(2);
  });

  test('opens at a new owner before it asks anything, whatever crosses on the way', async () => {
    const { guest } = guestOf('p');
    guest.ask(open);
    const asked: number[] = [];
    ownerOf(fakeSession(asked));
    guest.ask(flush(2)); // on its way before the guest has heard of the owner
    await expect.poll(() => asked).toEqual([1, 2]);
  });

  test('says in a bounded time that no owner answers', async () => {
    const { guest, heard, silences } = guestOf('p', 5);
    guest.ask(flush(1));
    await expect.poll(silences).toBe(1);
    expect(heard).toEqual([]);
  });

  test('is patient with an owner that is slow', async () => {
    ownerOf(fakeSession([], 'never'));
    const { guest, silences } = guestOf('p', 20);
    guest.ask(open);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(silences()).toBe(0);
  });

  test('tells a new owner what it has open; of a write that was begun nobody knows', async () => {
    const first: number[] = [];
    const old = ownerOf(fakeSession(first, 'never'));
    const { guest, heard } = guestOf('p');
    guest.ask(open);
    guest.ask(dispatch(2));
    guest.ask(flush(3));
    await expect.poll(() => first).toEqual([1, 2, 3]);
    await new Promise((resolve) => setTimeout(resolve, 20)); // for the word that they are taken
    old.end();

    const second: number[] = [];
    ownerOf(fakeSession(second));
    await expect.poll(() => second).toEqual([1, 3]);
    await expect.poll(() => heard).toHaveLength(3);
    expect(heard).toMatchObject([
      { reply: 2, error: { code: 'owner_lost' } },
      { reply: 1, value: null },
      { reply: 3, value: null },
    ]);
  });

  test('repeats no write when the owner before only sleeps, also one that was not begun', async () => {
    const { guest, heard } = guestOf('p');
    guest.ask(open);
    channel().postMessage({ to: 'p', owner: 'sleeper', message: { pong: true } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    guest.ask(dispatch(2)); // in the queue of the sleeper, who does it when he wakes up
    const asked: number[] = [];
    ownerOf(fakeSession(asked), true);
    await expect.poll(() => asked).toEqual([1]);
    expect(heard[0]).toMatchObject({ reply: 2, error: { code: 'owner_lost' } });
  });

  test('sends no write to an owner that has sent nothing yet, and so loses none', async () => {
    const sleeper = channel();
    const sent: unknown[] = [];
    sleeper.onmessage = (event: MessageEvent) => sent.push(event.data.message?.kind);
    const { guest, heard } = guestOf('p');
    guest.ask(open);
    guest.ask(dispatch(2));
    await expect.poll(() => sent).toEqual(['open']);
    const asked: number[] = [];
    ownerOf(fakeSession(asked), true);
    await expect.poll(() => asked).toEqual([1, 2]);
    await expect.poll(() => heard.length).toBe(2);
    expect(heard).toContainEqual({ reply: 2, value: null });
  });

  test('does not listen to an owner that was replaced', async () => {
    const { heard } = guestOf('p');
    const rogue = channel();
    const tell = (owner: string, message: object) => rogue.postMessage({ to: 'p', owner, message });
    rogue.postMessage({ to: 'guests', owner: 'old', stolen: false });
    tell('old', { status: { events: 1 } });
    rogue.postMessage({ to: 'guests', owner: 'new', stolen: true });
    tell('old', { status: { events: 2 } });
    tell('new', { status: { events: 3 } });
    await expect.poll(() => heard).toEqual([{ status: { events: 1 } }, { status: { events: 3 } }]);
  });

  test('becomes the owner with everything that was not begun', async () => {
    const { guest, heard } = guestOf('p');
    guest.ask(open);
    guest.ask(dispatch(2));
    const asked: number[] = [];
    guest.follow(ownerOf(fakeSession(asked)), false);
    await expect.poll(() => heard).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 50)); // its message on the channel is under way
    expect(asked).toEqual([1, 2]);
  });

  test('whose lock was stolen asks the new owner, and its own writes may have been done or not', async () => {
    const { guest, heard } = guestOf('p');
    const asked: number[] = [];
    guest.follow(createOwner(fakeSession(asked, 'never'), null, null, false), false);
    for (const message of [open, dispatch(2), flush(3)]) guest.ask(message);
    await expect.poll(() => asked).toEqual([1, 2, 3]);
    const second: number[] = [];
    ownerOf(fakeSession(second), true);
    guest.follow(null, false);
    await expect.poll(() => second).toEqual([1, 3]);
    await expect.poll(() => heard).toHaveLength(3);
    expect(heard[0]).toMatchObject({ reply: 2, error: { code: 'owner_lost' } });
  });

  test('whose lock is stolen refuses no write that was answered, and ignores a late answer', async () => {
    const { guest, heard } = guestOf('p');
    const asked: number[] = [];
    const answers = new Map<number, (message: FromOwner) => void>();
    const owner = {
      answer(_page: string, message: RequestMessage, reply: (answer: FromOwner) => void) {
        asked.push(message.request);
        answers.set(message.request, reply);
        return Promise.resolve();
      },
    };
    guest.follow(owner, false);
    for (const message of [dispatch(2), dispatch(3)]) guest.ask(message);
    answers.get(2)?.({ reply: 2, value: null });
    guest.follow(null, false);
    answers.get(3)?.({ reply: 3, value: null });
    guest.follow(owner, false);
    expect(asked).toEqual([2, 3]);
    expect(heard).toMatchObject([
      { reply: 2, value: null },
      { reply: 3, error: { code: 'owner_lost' } },
    ]);
  });

  test('asks nobody any more when its page has left', async () => {
    const here: number[] = [];
    const elsewhere: unknown[] = [];
    channel().onmessage = (event: MessageEvent) => elsewhere.push(event.data.message?.request);
    const { guest: ofOwner } = guestOf('p');
    ofOwner.follow(createOwner(fakeSession(here), null, null, false), false);
    const { guest } = guestOf('q');
    for (const left of [ofOwner, guest]) {
      left.ask(flush(1));
      left.end();
      left.ask(flush(2));
    }
    guest.ask(open);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(here).toEqual([1]);
    expect(elsewhere).toEqual([]);
  });

  test('and the owner cannot be harmed with messages that are none', async () => {
    const asked: number[] = [];
    ownerOf(fakeSession(asked));
    const { guest, heard } = guestOf('p');
    const rogue = channel();
    const junk = [null, 1, 'x', {}, { to: 'owner' }, { to: 'owner', page: 1, message: {} }];
    const forGuests = [{ to: 'guests' }, { to: 'p' }, { to: 'p', owner: 'o', message: null }];
    for (const message of [...junk, ...forGuests]) rogue.postMessage(message);
    rogue.postMessage({ to: 'owner', page: 'p', message: { request: 1, kind: 'open', body: {} } });
    guest.ask(open);
    await expect.poll(() => heard).toEqual([{ reply: 1, value: null }]);
    expect(asked).toEqual([1]);
  });
});

test('a session that does not open is an error for everybody who asks', async () => {
  const owner = createOwner(Promise.reject(new Error('no wasm')), null, null, false);
  const heard: FromOwner[] = [];
  await owner.answer('p', flush(1), (message) => heard.push(message));
  expect(heard).toEqual([{ reply: 1, error: { code: 'storage', message: 'no wasm' } }]);
});
