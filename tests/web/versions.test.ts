import { afterEach, describe, expect, test } from 'vitest';
import { createGuest } from '../../worker/browser/guest.ts';
import { createOwner } from '../../worker/browser/owner.ts';
import type { FromWorker, RequestMessage, Status } from '../../worker/browser/protocol.ts';
import type { Session } from '../../worker/browser/session.ts';
import { createTakeOver } from '../../worker/browser/take-over.ts';
import {
  knowsAll,
  OLDEST_WHOLE_VERSION,
  PROTOCOL_VERSION,
  rowFormOf,
  versionOf,
} from '../../worker/browser/versions.ts';

const NAME = 'versions.test';
const channels: BroadcastChannel[] = [];
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
  for (const opened of channels.splice(0)) opened.close();
});

function channel(): BroadcastChannel {
  const opened = new BroadcastChannel(NAME);
  channels.push(opened);
  return opened;
}

/** Locks that nobody else wants; notes the names of those that are held. */
function freeLocks(held: Set<string> = new Set()): LockManager {
  return {
    async request(name: string, ...more: (LockOptions | (() => Promise<void>))[]) {
      held.add(name);
      await (more.at(-1) as () => Promise<void>)();
      held.delete(name);
    },
    query: () => Promise.resolve({ held: [{ name: 'cuesheet:d', clientId: 'c' }] }),
  } as unknown as LockManager;
}

const options = { database: 'd', wasmUrl: 'w', server: null, token: 'secret', user: null };
const open: RequestMessage = { request: 1, kind: 'open', body: options };
const dispatch = (request: number): RequestMessage => ({
  request,
  kind: 'dispatch',
  body: { event: { topic: 'demo.a' } },
});

interface Asked {
  page: string;
  kind?: string;
  body?: object;
  handOver?: boolean;
  version?: number;
}

/** An owner that says no version: answers each kind of request like this. */
function silentOwner(answers: Record<string, object>) {
  const asked: Asked[] = [];
  const own = channel();
  own.onmessage = ({ data }: MessageEvent) => {
    if (data.to !== 'owner' || !data.message) return;
    const { request, kind, body } = data.message;
    asked.push({ page: data.page, kind, body });
    const answer = answers[kind];
    if (answer)
      own.postMessage({ to: data.page, owner: 'old', message: { reply: request, ...answer } });
  };
  return asked;
}

function takeOver(ownVersion = PROTOCOL_VERSION, timeoutMs = 1000, pauseMs = 10_000) {
  const outcomes: string[] = [];
  const held = new Set<string>();
  const created = createTakeOver(
    {
      channel,
      locks: freeLocks(held),
      options,
      handedOver: (unsure) => void outcomes.push(unsure ? 'unsure' : 'in order'),
      refused: () => void outcomes.push('refused'),
    },
    ownVersion,
    timeoutMs,
    pauseMs,
  );
  ends.push(created.end);
  return { takeOver: created, outcomes, held };
}

const durable = { storage: 'durable', problem: null } as Status;

describe('a version', () => {
  test('is what a message says, and 0 when it says none', () => {
    expect(versionOf({ version: 8 })).toBe(8);
    for (const silent of [
      null,
      undefined,
      7,
      {},
      { version: '8' },
      { version: 1.5 },
      { version: -1 },
    ])
      expect(versionOf(silent)).toBe(0);
  });

  test('of today understands itself, and the published one knows every request', () => {
    expect(knowsAll(PROTOCOL_VERSION)).toBe(true);
    expect(OLDEST_WHOLE_VERSION).toBeLessThanOrEqual(PROTOCOL_VERSION);
    expect(knowsAll(0)).toBe(true);
    expect([rowFormOf(0), rowFormOf(PROTOCOL_VERSION)]).toEqual(['row', 'cells']);
  });
});

describe('a newer worker and an owner that says no version', () => {
  test('opens and flushes it as a page does, without a token, and then takes over', async () => {
    const asked = silentOwner({ open: { value: durable }, flush: { value: null } });
    const { takeOver: t, outcomes, held } = takeOver();
    t.met('old', 0);
    expect(t.mayAsk()).toBe(false);
    await expect.poll(() => outcomes).toEqual(['unsure']);
    expect(t.mayAsk()).toBe(false); // until it owns the database
    expect(asked.map(({ kind }) => kind)).toEqual(['open', 'flush']);
    expect(asked[0]?.body).toEqual({ ...options, token: null });
    expect([...held]).toEqual(['cuesheet-take-over:d']);
    t.end();
    await expect.poll(() => held.size).toBe(0);
    expect(t.mayAsk()).toBe(true);
  });

  test.each<[string, Record<string, object>, string]>([
    [
      'cannot save',
      {
        open: { value: durable },
        flush: { error: { code: 'quota', message: 'the disk is full' } },
      },
      'the disk is full',
    ],
    [
      'has its events in memory only',
      { open: { value: { storage: 'memory', problem: 'unavailable' } }, flush: { value: null } },
      'its events are in memory only',
    ],
    ['does not open', { open: { error: { code: 'state', message: 'no wasm' } } }, 'no wasm'],
    ['does not answer', {}, 'it does not answer'],
  ])('which %s keeps the database, and is asked again later', async (_, answers, why) => {
    silentOwner(answers);
    const { takeOver: t, outcomes } = takeOver(PROTOCOL_VERSION, 100, 50);
    t.met('old', 0);
    await expect.poll(() => outcomes).toEqual(['refused']);
    expect(t.mayAsk()).toBe(true);
    expect(t.refusal()).toEqual({ version: 0, why });
    await expect.poll(() => outcomes.length).toBe(2);
  });

  test('a full disk is flushed first, and may have room again', async () => {
    const full = { storage: 'memory', problem: 'quota' };
    silentOwner({ open: { value: full }, flush: { value: null } });
    const { takeOver: t, outcomes } = takeOver();
    t.met('old', 0);
    await expect.poll(() => outcomes).toEqual(['unsure']);
  });

  test('takes nothing when another owner has come meanwhile', async () => {
    silentOwner({ open: { value: durable } }); // and no answer to `flush`
    const { takeOver: t, outcomes } = takeOver(PROTOCOL_VERSION, 100);
    t.met('old', 0);
    t.met('other', PROTOCOL_VERSION);
    expect(t.mayAsk()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(outcomes).toEqual([]);
    expect(t.refusal()).toBeNull();
  });

  test('and one of the same or a newer version is left alone', () => {
    const { takeOver: t, outcomes } = takeOver();
    t.met('same', PROTOCOL_VERSION);
    t.met('newer', PROTOCOL_VERSION + 1);
    expect(t.mayAsk()).toBe(true);
    expect(outcomes).toEqual([]);
  });
});

/** A session whose writes take as long as the test wants. */
function slowSession(asked: number[]): Session {
  return {
    leave() {},
    stop: () => Promise.resolve(),
    handOver: () => Promise.resolve(),
    handle(_page, { request }) {
      asked.push(request);
      return Promise.resolve(null);
    },
  };
}

function guestOf(page: string, host: Parameters<typeof createGuest>[3]) {
  const heard: FromWorker[] = [];
  const guest = createGuest(page, channel(), (message) => void heard.push(message), host);
  ends.push(guest.end);
  return { guest, heard };
}

describe('an owner that a newer worker asks to hand over', () => {
  const newer = PROTOCOL_VERSION + 1;

  test('begins nothing any more, and the next owner gets what was not begun, once', async () => {
    const first: number[] = [];
    let handedOver = (_why: string | null) => {};
    const work = () => new Promise<string | null>((resolve) => (handedOver = resolve));
    createOwner(Promise.resolve(slowSession(first)), channel(), null, false, work);
    const { guest, heard } = guestOf('p', { silent() {} });
    guest.ask(open);
    guest.ask(dispatch(2));
    await expect.poll(() => heard.length).toBe(2);

    const { takeOver: t, outcomes } = takeOver(newer);
    const names: [string, number][] = [];
    const { guest: watching } = guestOf('q', {
      silent() {},
      met: (owner, version) => void names.push([owner, version]),
    });
    watching.ask(open);
    await expect.poll(() => names.length).toBe(1);
    const [name = '', version = 0] = names[0] ?? [];
    expect(version).toBe(PROTOCOL_VERSION);
    t.met(name, version);
    await new Promise((resolve) => setTimeout(resolve, 20)); // for its request
    guest.ask(dispatch(3));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(first).toEqual([1, 2, 1]);
    expect(outcomes).toEqual([]);
    handedOver(null);
    await expect.poll(() => outcomes).toEqual(['in order']);

    const second: number[] = [];
    createOwner(Promise.resolve(slowSession(second)), channel(), null, false);
    await expect.poll(() => second.filter((request) => request === 3)).toEqual([3]);
    await expect.poll(() => heard.filter((message) => 'reply' in message).length).toBe(4);
    expect(heard.filter((message) => 'error' in message)).toEqual([]);
    expect(first).toEqual([1, 2, 1]);
  });

  test('goes on with what has waited when it cannot', async () => {
    const asked: number[] = [];
    let handedOver = (_why: string | null) => {};
    const work = () => new Promise<string | null>((resolve) => (handedOver = resolve));
    createOwner(Promise.resolve(slowSession(asked)), channel(), null, false, work);
    let met: [owner: string, version: number] = ['', 0];
    const { guest, heard } = guestOf('p', {
      silent() {},
      met(...owner) {
        met = owner;
      },
    });
    guest.ask(open);
    await expect.poll(() => met[1]).toBe(PROTOCOL_VERSION);
    const { takeOver: t, outcomes } = takeOver(newer);
    t.met(...met);
    await new Promise((resolve) => setTimeout(resolve, 20));
    guest.ask(dispatch(2));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual([1]);
    handedOver('the disk is full');
    await expect.poll(() => asked).toEqual([1, 2]);
    await expect.poll(() => heard).toContainEqual({ reply: 2, value: null });
    expect(outcomes).toEqual(['refused']);
    expect(t.refusal()).toEqual({ version: PROTOCOL_VERSION, why: 'the disk is full' });
  });

  test('does not for a worker that is no newer', async () => {
    let asked = 0;
    const work = () => Promise.resolve(String(++asked));
    createOwner(Promise.resolve(slowSession([])), channel(), null, false, work);
    for (const version of [PROTOCOL_VERSION, 0, Number.NaN, null])
      channel().postMessage({ to: 'owner', page: 'x', handOver: true, version });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBe(0);
  });

  test('refuses a request of another version of which it knows nothing, and stays silent to strangers', async () => {
    createOwner(Promise.resolve(slowSession([])), channel(), null, false);
    const answers: unknown[] = [];
    const page = channel();
    page.onmessage = ({ data }: MessageEvent) => {
      if (data.to === 'p' && 'reply' in data.message) answers.push(data.message);
    };
    const ask = (from: string, message: object) =>
      page.postMessage({ to: 'owner', page: from, message });
    ask('stranger', { request: 1, kind: 'put', body: {} });
    ask('p', open);
    ask('p', { request: 2, kind: 'put', body: {} });
    ask('p', { request: 3, kind: '__proto__', body: {} });
    await expect.poll(() => answers).toHaveLength(3);
    const refused = { error: { code: 'state', message: expect.stringMatching(/reload/) } };
    expect(answers).toEqual([
      { reply: 1, value: null },
      { reply: 2, ...refused },
      { reply: 3, ...refused },
    ]);
  });
});

test('while the database is handed over, a guest keeps its requests; its status says why it was not', async () => {
  const asked: number[] = [];
  createOwner(Promise.resolve(slowSession(asked)), channel(), null, false);
  let mayAsk = false;
  let reload: string | null = null;
  const { guest, heard } = guestOf('p', {
    silent() {},
    mayAsk: () => mayAsk,
    reload: () => reload,
  });
  guest.ask(open);
  guest.ask(dispatch(2));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toEqual([]);
  mayAsk = true;
  guest.resume();
  await expect.poll(() => asked).toEqual([1, 2]);
  const rows = { storage: 'durable', events: 1 };
  channel().postMessage({ to: 'guests', owner: 'next', stolen: false, version: PROTOCOL_VERSION });
  channel().postMessage({ to: 'p', owner: 'next', message: { status: rows } });
  await expect.poll(() => heard).toContainEqual({ status: rows });
  reload = 'close the other tab';
  guest.resume();
  expect(heard.at(-1)).toEqual({ status: { ...rows, reload } });
});
