import { CoreError, type CoreStore, entropy, nowMicros } from '../../wasm/load.ts';
import { type Effect, Method, type ReplicaState } from '../../wasm/methods.ts';
import { createConnectionHost } from '../replica/connection-host.ts';
import { createServerRequests, type ServerRequests } from './server-requests.ts';
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
  const { ask, request, stream } = createServerRequests(server, () => token);
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
      if (next === token) return;
      token = next;
      tell('stop');
      tell('start');
    },
    state: connection.state,
    full: () => full,
    carryOut(effect) {
      if (effect.effect === 'write') {
        return void writes.send(effect.request, effect.method, effect.path, effect.body);
      }
      if (effect.effect === 'wake') return writes.wakeIn(effect.delayMs);
      connection.carryOut(effect);
    },
    request,
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
  return {
    async send(request: number, method: string, path: string, body: string | null) {
      // A frozen owner that was replaced would send an old write over newer ones of the next owner.
      if (!(await owns())) return;
      const { status, bytes } = await ask(method, path, body ?? undefined);
      if (!stopped) tell('answer', { request, status }, bytes);
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
