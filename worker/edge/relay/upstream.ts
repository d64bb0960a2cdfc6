import type { Effect } from '../../../wasm/methods.ts';
import {
  answerOf,
  type ClientSocket,
  createConnectionHost,
  hasLines,
  NO_ANSWER,
} from '../../replica/connection-host.ts';

/** The hub, or the AYON server, that a relay follows. */
export interface Upstream {
  /** Sends a request there; `path` begins with a slash. Rejects when there is no answer. */
  fetch(path: string, init: RequestInit): Promise<Response>;
  /** API key of a user who may read everything there: a service, an admin or a manager. */
  apiKey: string;
  /** Its `/ws`. */
  openSocket(): ClientSocket;
}

/**
 * An upstream at a URL, without a slash at its end; `open` makes a WebSocket. A redirect is an answer like any other:
 * to follow it would make a GET of a write, and show the caller's credential to another server.
 */
export function upstreamAt(
  url: string,
  apiKey: string,
  open: (url: string) => ClientSocket = (address) => new WebSocket(address),
): Upstream {
  return {
    apiKey,
    fetch: (path, init) => fetch(url + path, { ...init, redirect: 'manual' }),
    openSocket: () => open(`${url.replace(/^http/, 'ws')}/ws`),
  };
}

/** How far a relay is behind. */
export interface Following {
  /** `true` from the moment at which it has everything, until the upstream does not answer. */
  isLive: boolean;
  /** The sequence of the upstream up to which this store has everything; 0 of an AYON server. */
  position: number;
}

export interface Follower {
  start(): void;
  /** To be called with every effect of the core. */
  carryOut(effect: Effect): void;
  stop(): void;
}

/**
 * Passes an event of the connection to the core; resolves when its result is saved. `refused` is called when the
 * core refuses it, before its effects are carried out.
 */
export type TellCore = (
  event: string,
  more: Record<string, unknown>,
  body: string | Uint8Array | undefined,
  refused: (why: string) => void,
) => Promise<void>;

/** Longest wait for an answer, in milliseconds; the parts of a snapshot are awaited by the core. */
const REQUEST_TIMEOUT_MS = 30_000;
const SILENT = 'it does not answer as it should, and is asked again';
const REFUSES =
  'it refuses CUESHEET_UPSTREAM_KEY, and is asked again in some minutes at the latest';

/**
 * Follows an upstream as a replica does, payloads included: the core finds out whether it is a hub or an AYON
 * server, and says what to read and when (docs/sync.md). `tellCore` is the core's method `replica`.
 * @throws Error when the upstream has no `openSocket`.
 */
export function followUpstream(
  { fetch, apiKey, openSocket }: Upstream,
  tellCore: TellCore,
  told: (following: Following, problem: string | null) => void,
): Follower {
  if (!openSocket) throw new Error('there are no WebSockets to follow it by');
  const end = new AbortController();
  let position = 0;
  let problem: string | null = null;

  const request = (path: string, init: RequestInit, signal: AbortSignal) =>
    fetch(path, { ...init, signal: AbortSignal.any([end.signal, signal]) });

  const refused = (why: string) => {
    problem = why;
    told({ isLive: connection.state() === 'live', position }, why);
  };

  const connection = createConnectionHost({
    tell: async (event, more, body) => {
      if (!end.signal.aborted) await tellCore(event, more, body, refused);
    },
    openSocket,
    token: () => apiKey,
    async ask(method, path, body) {
      const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
      try {
        const init = { method, headers, ...(body !== undefined && { body }) };
        return await answerOf(await request(path, init, AbortSignal.timeout(REQUEST_TIMEOUT_MS)));
      } catch (error) {
        problem = (error as Error).message;
        return NO_ANSWER;
      }
    },
    async stream(path, signal) {
      const response = await request(path, { headers: { 'x-api-key': apiKey } }, signal);
      const what = path.split('?')[0];
      if (!response.ok) problem = `GET ${what} is answered with ${response.status}`;
      else if (!response.body) problem = 'the snapshot is empty';
      else if (!hasLines(response)) {
        const type = response.headers.get('content-type') ?? 'no content type';
        problem = `something else than a hub answers GET ${what} (${type})`;
      }
      return response;
    },
    cutOff: ({ message }) => {
      problem = message;
    },
  });

  function tellState(): void {
    const state = connection.state();
    const isLive = state === 'live';
    if (state === 'waiting') told({ isLive, position }, problem ?? SILENT);
    else told({ isLive, position }, state === 'unauthorized' ? REFUSES : null);
    if (isLive || state === 'waiting') problem = null;
  }

  return {
    start: () => void tellCore('start', {}, undefined, refused),
    carryOut(effect) {
      connection.carryOut(effect);
      if (effect.effect === 'acknowledge') position = effect.sequence;
      else if (effect.effect === 'authenticate' && 'since' in effect) position = effect.since;
      else if (effect.effect !== 'state') return;
      tellState();
    },
    stop() {
      void tellCore('stop', {}, undefined, refused);
      end.abort();
    },
  };
}
