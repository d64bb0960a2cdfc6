import { CoreError, type CoreStore, entropy, nowMicros } from '../../wasm/load.ts';
import { type Effect, Method, type ReplicaState } from '../../wasm/methods.ts';
import { createConnectionHost } from '../replica/connection-host.ts';
import { type CheckAnswer, createServerRequests, type ServerRequests } from './server-requests.ts';
import { isCrash } from './worker-error.ts';

export interface Upstream {
  start(): void;
  stop(): void;
  setToken(token: string | null): void;
  carryOut(effect: Effect): void;
  state(): ReplicaState;
  /** Why nothing new is stored here, when the memory of this worker is full; else null. */
  full(): string | null;
  request: ServerRequests['request'];
  /** Local writes wait here; resolves when the one under way has its answer. */
  pauseWrites(): Promise<void>;
  /** They are sent again, what has waited first. */
  resumeWrites(): void;
}

/** Calls a method of the core with an event of the host, and settles. */
type Tell = (
  event: string,
  more?: Record<string, unknown>,
  body?: string | Uint8Array,
) => Promise<void>;

/** What a replica has besides its connection: waiting writes, the snapshot, requests of pages. */
export function createUpstream(
  server: string,
  store: CoreStore,
  afterCall: () => Promise<void>,
  owns: () => Promise<boolean>,
  firstToken: string | null,
): Upstream {
  let token = firstToken;
  const check: CheckAnswer = (operation, { status, contentType, bytes }) =>
    store.call<ReturnType<CheckAnswer>>(
      Method.replica,
      { now: nowMicros(), entropy: entropy(), event: 'check', operation, status, contentType },
      bytes,
    ).header;
  const { ask, request, stream } = createServerRequests(server, () => token, check);
  let full: string | null = null;
  const tell = createTell(Method.replica, server, store, afterCall, (why) => {
    full = why;
  });
  const connection = createConnectionHost({
    tell,
    openSocket: () => new WebSocket(`${server.replace(/^http/, 'ws')}/ws`),
    token: () => token,
    ask,
    stream,
  });
  const writes = createWriteSender(ask, createTell(Method.outbox, server, store, afterCall), owns);
  const online = () => tell('online');
  const offline = () => tell('offline');
  return {
    start() {
      self.addEventListener('online', online);
      self.addEventListener('offline', offline);
      tell('start');
    },
    stop() {
      self.removeEventListener('online', online);
      self.removeEventListener('offline', offline);
      writes.stop();
      tell('stop');
    },
    setToken(next) {
      // The same one again is a request to try again.
      if (next === token && connection.state() !== 'unauthorized') return;
      token = next;
      tell('stop');
      tell('start');
    },
    state: connection.state,
    full: () => full,
    carryOut(effect) {
      if (effect.effect === 'write') {
        return writes.send(effect.request, effect.method, effect.path, effect.body);
      }
      if (effect.effect === 'wake') return writes.wakeIn(effect.delayMs);
      connection.carryOut(effect);
    },
    request,
    pauseWrites: writes.pause,
    resumeWrites: writes.resume,
  };
}

/** Events that bring what an upstream has: after these it is known whether there is room. */
const BRINGS = new Set(['message', 'fetched', 'snapshot']);

/**
 * The promise resolves when the result of the event is saved, or could not be. `noteFull` is called with a
 * sentence when there was no memory for it, and with null when there was.
 */
function createTell(
  method: Method,
  server: string,
  store: CoreStore,
  afterCall: () => Promise<void>,
  noteFull: (why: string | null) => void = () => {},
): Tell {
  return (event, more = {}, body) => {
    try {
      store.call(method, { now: nowMicros(), entropy: entropy(), event, ...more }, body);
      if (BRINGS.has(event)) noteFull(null);
    } catch (error) {
      if (isCrash(error)) return Promise.resolve(); // the worker ends
      if (error instanceof CoreError && error.code === 'quota') noteFull(error.message);
      console.error(`cuesheet: '${event}' of ${server} was refused:`, error);
    }
    return afterCall();
  };
}

/** Sends the waiting writes, one at a time. */
function createWriteSender(ask: ServerRequests['ask'], tell: Tell, owns: () => Promise<boolean>) {
  let wake: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  let underWay: Promise<void> = Promise.resolve();
  let waiting: (() => void) | null = null; // sends the write that waits; null = there is none
  let isPaused = false;

  async function sendNow(request: number, method: string, path: string, body: string | null) {
    // A frozen owner that was replaced would send an old write over newer ones of the next owner.
    if (!(await owns())) return;
    const { status, contentType, bytes } = await ask(method, path, body ?? undefined);
    if (!stopped) await tell('answer', { request, status, contentType }, bytes);
  }

  return {
    send(...write: Parameters<typeof sendNow>) {
      const begin = () => {
        underWay = sendNow(...write);
      };
      if (isPaused) waiting = begin;
      else begin();
    },
    pause() {
      isPaused = true;
      return underWay;
    },
    resume() {
      isPaused = false;
      waiting?.();
      waiting = null;
    },
    /** Only the last one counts. */
    wakeIn(delayMs: number) {
      clearTimeout(wake);
      wake = setTimeout(() => tell('wake'), delayMs);
    },
    stop() {
      stopped = true;
      clearTimeout(wake);
    },
  };
}
