import { type CoreStore, entropy, nowMicros } from '../../wasm/load.ts';
import { type Effect, Method, type ReplicaState } from '../../wasm/methods.ts';
import { createConnectionHost } from '../replica/connection-host.ts';
import { codeOfStatus, isCrash, WorkerError } from './worker-error.ts';

/** Longest wait for an answer of the server, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;
const SESSION_TOKEN_LENGTH = 64;

export interface Upstream {
  start(): void;
  stop(): void;
  setToken(token: string | null): void;
  carryOut(effect: Effect): void;
  state(): ReplicaState;
  /**
   * One REST request with the user's credential.
   * @throws WorkerError `offline`, `unauthorized`, or the refusal of the server.
   */
  request(method: string, path: string, body?: object): Promise<Response>;
}

/** What a replica has beside its connection: the writes that wait, the snapshot, requests of pages. */
export function createUpstream(
  server: string,
  store: CoreStore,
  afterCall: () => Promise<void>,
  owns: () => Promise<boolean>,
  firstToken: string | null,
): Upstream {
  let token = firstToken;
  let wake: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  /** Resolves when what follows from it is saved, or could not be. */
  function tell(
    event: string,
    more: Record<string, unknown> = {},
    body?: string | Uint8Array,
  ): Promise<void> {
    return tellCore(Method.replica, event, more, body);
  }

  function tellCore(
    method: Method,
    event: string,
    more: Record<string, unknown>,
    body?: string | Uint8Array,
  ): Promise<void> {
    try {
      store.call(method, { now: nowMicros(), entropy: entropy(), event, ...more }, body);
    } catch (error) {
      if (isCrash(error)) throw error; // ends the worker
      console.error(`cuesheet: '${event}' of ${server} was refused:`, error);
    }
    return afterCall();
  }

  // A session token goes as Bearer, an API key as X-Api-Key (protocol.md 10.1).
  function credential(): Record<string, string> {
    if (!token) return {};
    return token.length === SESSION_TOKEN_LENGTH
      ? { authorization: `Bearer ${token}` }
      : { 'x-api-key': token };
  }

  function send(method: string, path: string, body?: string): Promise<Response> {
    return fetch(server + path, {
      method,
      headers: { ...credential(), 'content-type': 'application/json', 'x-sender-type': 'cuesheet' },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body !== undefined && { body }),
    });
  }

  /** Status 0 = no answer. */
  async function ask(method: string, path: string, body?: string) {
    try {
      const response = await send(method, path, body);
      return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
    } catch {
      return { status: 0, bytes: new Uint8Array() };
    }
  }

  const connection = createConnectionHost({
    tell,
    openSocket: () => new WebSocket(`${server.replace(/^http/, 'ws')}/ws`),
    token: () => token,
    ask,
    stream: (path, signal) => fetch(server + path, { headers: credential(), signal }),
  });

  async function write(request: number, method: string, path: string, body: string | null) {
    // Who slept and was replaced would write once more what is older than the owner's next writes.
    if (!(await owns())) return;
    const { status, bytes } = await ask(method, path, body ?? undefined);
    if (!stopped) tellCore(Method.outbox, 'answer', { request, status }, bytes);
  }

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
      stopped = true;
      clearTimeout(wake);
      tell('stop');
    },
    setToken(next) {
      if (next === token) return;
      token = next;
      tell('stop');
      tell('start');
    },
    state: connection.state,
    carryOut(effect) {
      switch (effect.effect) {
        case 'write':
          void write(effect.request, effect.method, effect.path, effect.body);
          break;
        case 'wake': // only the last one counts: one write is sent at a time
          clearTimeout(wake);
          wake = setTimeout(() => tellCore(Method.outbox, 'wake', {}), effect.delayMs);
          break;
        default:
          connection.carryOut(effect);
      }
    },
    async request(method, path, body) {
      let response: Response;
      try {
        response = await send(method, path, body && JSON.stringify(body));
      } catch {
        throw new WorkerError(
          'offline',
          `${server} does not answer: nothing was written; try again when the connection is back`,
        );
      }
      if (response.ok) return response;
      const { detail } = (await response.json().catch(() => ({}))) as { detail?: string };
      throw new WorkerError(codeOfStatus(response.status), detail ?? `HTTP ${response.status}`);
    },
  };
}
