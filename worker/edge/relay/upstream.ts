import { wholeLines } from '../../../wasm/whole-lines.ts';
import type { ClientSocket } from '../../replica/connection-host.ts';

/** The hub, or the AYON server, that a relay follows. */
export interface Upstream {
  /** Sends a request there; `path` begins with a slash. Rejects when there is no answer. */
  fetch(path: string, init: RequestInit): Promise<Response>;
  /** API key of a user who may read everything there: a service, an admin or a manager. */
  apiKey: string;
  /** Its `/ws`: what an AYON server is followed by. A hub is followed without it. */
  openSocket?(): ClientSocket;
}

/** An upstream at a URL, without a slash at its end; `open` makes a WebSocket. */
export function upstreamAt(
  url: string,
  apiKey: string,
  open: (url: string) => ClientSocket = (address) => new WebSocket(address),
): Upstream {
  return {
    apiKey,
    fetch: (path, init) => fetch(url + path, init),
    openSocket: () => open(`${url.replace(/^http/, 'ws')}/ws`),
  };
}

/** What the core does with what an upstream says (docs/border.md, mirror). */
export interface MirrorCalls {
  /** Takes whole lines of a snapshot in. Resolves when they are durable. */
  snapshot(lines: Uint8Array): Promise<void>;
  /** The sequence from which the changes go on. */
  endSnapshot(): Promise<number>;
  /** The sequence of the next page. */
  changes(page: string): Promise<number>;
  /** Whether the error says that this store and the upstream do not fit together. */
  isBroken(error: unknown): boolean;
}

/** How far a relay is behind. */
export interface Following {
  /** `true` after the snapshot, until the upstream does not answer. */
  isLive: boolean;
  /** The sequence of the upstream up to which this store has everything. */
  position: number;
}

const WAIT_SECONDS = 25;
const TIMEOUT_MS = 40_000;
const SNAPSHOT_TIMEOUT_MS = 600_000;
const PAGE_CHANGES = 1000;
const BACKOFF_MS = 500;
const BACKOFF_CAP_MS = 30_000;

/** The upstream gave its history up, or is another store. */
class Gone extends Error {}

/** The upstream has no change feed: it is no hub. */
class NoHub extends Error {}

/**
 * Follows an upstream: a snapshot, then its changes, each as it comes; after an error again, with full jitter
 * from 0.5 s doubling to 30 s. Returns the function that ends it. An upstream that is no hub is not followed
 * any further: `onNoHub` is called.
 */
export function follow(
  upstream: Upstream,
  mirror: MirrorCalls,
  told: (following: Following, problem: string | null) => void,
  onNoHub: () => void,
): () => void {
  const end = new AbortController();
  let position: number | null = null;
  let store = '';
  let failures = 0;

  async function get(path: string, timeoutMs: number): Promise<Response> {
    const signal = AbortSignal.any([end.signal, AbortSignal.timeout(timeoutMs)]);
    const response = await upstream.fetch(path, {
      headers: { 'x-api-key': upstream.apiKey },
      signal,
    });
    if (response.status === 410) throw new Gone();
    if (response.status === 404) throw new NoHub();
    if (!response.ok)
      throw new Error(`GET ${path.split('?')[0]} is answered with ${response.status}`);
    return response;
  }

  async function takeSnapshot(): Promise<number> {
    const { body } = await get('/api/snapshot?payloads=true', SNAPSHOT_TIMEOUT_MS);
    if (!body) throw new Error('the snapshot is empty');
    for await (const lines of wholeLines(body)) await mirror.snapshot(lines);
    return mirror.endSnapshot();
  }

  async function takeChanges(since: number): Promise<number> {
    const query = `since=${since}&wait=${WAIT_SECONDS}&limit=${PAGE_CHANGES}&payloads=true`;
    const of = store === '' ? '' : `&store=${encodeURIComponent(store)}`;
    const page = await (await get(`/api/changes?${query}${of}`, TIMEOUT_MS)).text();
    store = (JSON.parse(page) as { store: string }).store;
    return mirror.changes(page);
  }

  async function step(): Promise<void> {
    if (position === null) {
      store = '';
      position = await takeSnapshot();
    }
    position = await takeChanges(position);
    failures = 0;
    told({ isLive: true, position }, null);
  }

  async function run(): Promise<void> {
    while (!end.signal.aborted) {
      try {
        await step();
      } catch (error) {
        if (end.signal.aborted) return;
        if (error instanceof NoHub) return onNoHub();
        const problem =
          error instanceof Gone
            ? 'its history does not reach back to here'
            : (error as Error).message;
        told({ isLive: false, position: position ?? 0 }, problem);
        if (error instanceof Gone || mirror.isBroken(error)) position = null;
        const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_MS * 2 ** Math.min(failures++, 10));
        await pause(Math.random() * ceiling, end.signal);
      }
    }
  }

  void run();
  return () => end.abort();
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
