/**
 * A hub: AYON's event protocol over HTTP and WebSocket, without ties to a runtime (docs/hub.md).
 *
 * @module cuesheet/hub
 */
import type { HostFiles } from '../../wasm/host-files.ts';
import type { ImportAnswer } from '../../wasm/import-lines.ts';
import {
  type Core,
  CoreCrash,
  type CoreStore,
  entropy,
  loadCore,
  nowMicros,
} from '../../wasm/load.ts';
import { type MemoryReport, Method } from '../../wasm/methods.ts';
import { type OpenedStore, openStore, openWholeStore } from '../../wasm/open-store.ts';
import { type CommitLoop, createCommitLoop } from '../../wasm/commit-loop.ts';
import type { Credentials } from './credentials.ts';
import { type CoreAnswer, type CoreRequest, callerOf } from './core-request.ts';
import type { Pack } from './feed-routes.ts';
import { createLog, type Log } from './log.ts';
import { createMemory, logWhenFull } from './memory.ts';
import { createNews } from './news.ts';
import type { Figures } from './operation-routes.ts';
import type { Rate } from './rate-limit.ts';
import { CRASHED, HubStopped, STOPPING } from './responses.ts';
import type { CheckAnswer } from './relay/routes.ts';
import { createRoutes } from './routes.ts';
import { createSaving } from './saving.ts';
import { createSockets, type Peer, type SocketHandle, type Tell } from './sockets.ts';
import { readStoreId } from './store-id.ts';
import { createRelay } from './relay/relay.ts';
import type { Upstream } from './relay/upstream.ts';

export type { HostFiles } from '../../wasm/host-files.ts';
export type { ImportAnswer } from '../../wasm/import-lines.ts';
export type { MemoryReport } from '../../wasm/methods.ts';
export { memoryFiles } from '../../wasm/memory-files.ts';
export type { ClientSocket } from '../replica/connection-host.ts';
export {
  type Credentials,
  createCredentials,
  type Identity,
  type SessionStorage,
} from './credentials.ts';
export type { Pack } from './feed-routes.ts';
export { createJwtVerifier, type JwtOptions, parseKeySet, type VerifyJwt } from './jwt.ts';
export { createLog, type Log, type LogFields, type LogFormat } from './log.ts';
export type { Rate } from './rate-limit.ts';
export { createRelayCredentials } from './relay/credentials.ts';
export { type Upstream, upstreamAt } from './relay/upstream.ts';
export type { Peer, SocketHandle } from './sockets.ts';
export { parseUsers, type User, type UserData, type UserRecord, UsersError } from './users.ts';

/** The parts of a hub. */
export interface HubOptions {
  /** The compiled `cuesheet-hub.wasm`; each runtime loads it in its own way. */
  wasm: WebAssembly.Module;
  /** Where the events are kept: `openNodeFiles`, or `memoryFiles` for events that end with the program. */
  files: HostFiles;
  /** Who a caller is: `createCredentials`, or `createRelayCredentials` for a relay. */
  credentials: Credentials;
  /** Answers requests outside of the API, for example the viewer page; null = 404. */
  page?: (path: string) => Promise<Response | null>;
  /** Web origins whose pages may call this hub (CORS), as `https://viewer.example`; default none. */
  origins?: string[];
  /** The log; default: errors, as text. */
  log?: Log;
  /**
   * Makes the hub a relay: it follows this upstream, serves a copy from its own store and forwards writes.
   * Then `files` are those of an empty store.
   */
  upstream?: Upstream;
  /**
   * Ready when the newest events are loaded; requests that need others wait. `Hub.loaded` says when all are
   * loaded, or that a checkpoint is damaged; then make another hub. Default: ready when all are loaded.
   */
  answersEarly?: boolean;
  /** Packs snapshots with Brotli, for clients that accept it; default: gzip. */
  packBrotli?: Pack;
  /**
   * Bytes of memory that the events may use, from 32 MiB to 4 GiB; what is new is refused with 507 before that
   * (docs/storage.md, Memory). Default: 4 GiB, all that the module can have.
   */
  memory?: number;
  /**
   * Asks for a call of `Hub.tick` in so many milliseconds, because a lease may end then (docs/jobs.md). Each call
   * counts. A host that calls it once a second needs none.
   */
  wakeIn?: (delayMs: number) => void;
  /** Requests a second of each user, or of each address without credentials; others get 429. Default: no limit. */
  rate?: Rate;
  /**
   * Called once when the core has trapped, for example without memory. The hub has closed itself: it
   * answers 503 and has closed its sockets with 1011. Acknowledged writes are in the files. Make another hub on
   * them, in a new process if possible.
   */
  onCrash?: (crash: Error) => void;
}

/** A running hub, to which a runtime passes its requests and sockets. */
export interface Hub {
  /**
   * Resolves when all events are loaded. Rejects with CoreError `corrupt` when damaged files were set aside
   * (`answersEarly` only).
   */
  readonly loaded: Promise<void>;
  /**
   * Answers an HTTP request; a failure is an answer too (500, 503). `address` is the client's, for the limit of
   * ten logins a minute and for `rate`.
   */
  fetch(request: Request, address?: string): Promise<Response>;
  /**
   * A new socket, or (`state`) one that an earlier hub remembered.
   * @throws CoreError `invalid` for a state that does not come from a hub.
   */
  openSocket(peer: Peer, state?: string): SocketHandle;
  /**
   * Call this once a second, for heartbeats, the authentication deadline and leases that end. Resolves when due
   * messages are sent; never rejects.
   */
  tick(): Promise<void>;
  /**
   * Commits what waits and closes every socket with 1001. Requests to the store get 503 from now on.
   * @throws Error when the last commit failed.
   */
  close(): Promise<void>;
  /**
   * Stores events as `cuesheet export` writes them, whole lines of NDJSON; existing events stay.
   * Resolves when they are durable. When memory is full, `stopped` says at which line; import from there on once
   * there is room. @throws CoreError `too_large` for more than 16 MiB.
   */
  importLines(lines: string): Promise<ImportAnswer>;
  /** Number of stored events. */
  events(): number;
  /** Bytes of the module's memory, which grows and never shrinks. */
  memoryBytes(): number;
  /** How full the memory is, and for how long there is room. */
  memory(): MemoryReport;
}

/** The size of a full segment; on disks an append costs the same at any size. */
export const SEGMENT_BYTES = 256 * 1024;

/** Close codes of RFC 6455. */
const GOING_AWAY = 1001;
const INTERNAL_ERROR = 1011;

/**
 * A hub: AYON's event protocol over a core store, without ties to a runtime.
 * @throws CoreError `corrupt` or `storage` when the files cannot be opened, `quota` when they do not fit into the
 *   memory that a module can have.
 */
export async function createHub(options: HubOptions): Promise<Hub> {
  const core = await loadCore(options.wasm);
  const open = options.answersEarly ? openStore : openWholeStore;
  const role = options.upstream ? 'relay' : 'hub';
  const opened = await open(core, role, options.files, SEGMENT_BYTES, options.memory);
  return runHub(core, opened, options, options.log ?? createLog('off'));
}

function runHub(core: Core, opened: OpenedStore, options: HubOptions, log: Log): Hub {
  const { store } = opened;
  const loading = startLoading(opened, options.answersEarly === true, log);
  const storeId = readStoreId(options.files, opened.lost.length > 0);
  const news = createNews();
  const saving = createSaving(log);
  const memory = createMemory(store);
  const opening = loading.done.then(() => logWhenFull(memory, log));
  opening.catch(() => {}); // the hub was closed before
  let whyEnded: string | null = null;
  const ended = () => whyEnded;

  const tell = createTell(store, storeId, ended, () => commits.settle());
  const sockets = createSockets(options.credentials, log, afterLoading(loading, tell));
  const commits: CommitLoop = createCommitLoop(opened, options.files, {
    carryOut(effects) {
      sockets.carryOut(effects);
      relay?.carryOut(effects);
      for (const effect of effects) {
        if (effect.effect === 'wake') options.wakeIn?.(effect.delayMs);
      }
      if (effects.some(({ effect }) => effect === 'changed')) news.tell();
    },
    ended: saving.ended,
  });
  const relay = options.upstream ? createRelay(options.upstream, store, commits, log) : null;

  function end(why: string) {
    whyEnded = why;
    relay?.stop();
    opened.end();
    news.tell();
  }

  core.onCrash((crash) => {
    log('error', `${crash.message}: the hub has stopped, nothing acknowledged is lost`);
    end(CRASHED);
    commits.abandon(new HubStopped());
    sockets.closeAll(INTERNAL_ERROR);
    options.onCrash?.(crash);
  });
  const routes = createRoutes({
    ...options,
    log,
    ask: createAsk(store, storeId, ended),
    settle: commits.settle,
    changed: news.wait,
    loading: () => (loading.isDone() ? null : loading.done),
    isReady: () => relay?.now().isLive ?? true,
    hasCopy: () => relay?.hasCopy() ?? true,
    check: (operation, { status, contentType, bytes }) =>
      store.call<ReturnType<CheckAnswer>>(
        Method.replica,
        { now: nowMicros(), entropy: entropy(), event: 'check', operation, status, contentType },
        bytes,
      ).header,
    isSaving: saving.isSaving,
    isFull: memory.isFull,
    figures: () => ({
      ...figuresOf(store, core),
      ...sockets.figures(),
      ...saving.figures(),
      ...memory.figures(),
      feed_waiters: news.waiting(),
      ...(relay && { upstream_sequence: relay.now().position }),
    }),
    ended,
  });
  return {
    loaded: loading.done,
    fetch: routes,
    openSocket: sockets.open,
    tick: sockets.tick,
    importLines: (lines) => importLines(opened, commits, lines),
    events: () => store.call<{ events: number }>(Method.status).header.events,
    memoryBytes: core.memoryBytes,
    memory: memory.report,
    async close() {
      if (core.hasCrashed()) return; // and was closed by that
      end(STOPPING);
      try {
        await commits.stop();
      } finally {
        sockets.closeAll(GOING_AWAY);
        store.destroy();
      }
    },
  };
}

/** AYON's clients try again after a 503. */
function unavailable(detail: string): CoreAnswer {
  const body = new TextEncoder().encode(JSON.stringify({ code: 503, detail }));
  return { status: 503, body, durable: false };
}

/** Says when all events of a store are loaded. */
interface Loading {
  isDone(): boolean;
  /** Rejects when that cannot happen; then this hub is closed. */
  done: Promise<void>;
}

function startLoading(opened: OpenedStore, answersEarly: boolean, log: Log): Loading {
  let isDone = !answersEarly || opened.isLoaded;
  const logLost = () => {
    for (const what of opened.lost) log('error', what);
  };
  logLost();
  if (isDone) return { isDone: () => true, done: Promise.resolve() };
  const done = opened.load().then(() => {
    isDone = true;
    logLost();
  });
  done.catch(() => {}); // every request gets the error
  return { isDone: () => isDone, done };
}

/** Resolves when its result is saved, or could not be. */
function createTell(
  store: CoreStore,
  storeId: string,
  ended: () => string | null,
  settle: () => Promise<void>,
): Tell {
  return async (header, text) => {
    if (ended() !== null) return; // frames still arrive while a socket closes
    try {
      store.call(Method.socket, { now: nowMicros(), store: storeId, ...header }, text);
    } catch (error) {
      if (error instanceof CoreCrash) return; // the hub has closed itself
      throw error;
    }
    await settle().catch(() => {}); // `Saving` logs it, and the commit loop tries again
  };
}

/** Messages of sockets wait until all events are loaded, and keep their order. */
function afterLoading(loading: Loading, tell: Tell): Tell {
  let early = 0;
  return async (header, text) => {
    if (!loading.isDone() || early > 0) {
      early++;
      await loading.done.catch(() => {}); // then this hub is closed
      early--;
      if (!loading.isDone()) return;
    }
    return tell(header, text);
  };
}

function createAsk(
  store: CoreStore,
  storeId: string,
  ended: () => string | null,
): (request: CoreRequest) => CoreAnswer {
  return ({ user, body, ...rest }) => {
    const why = ended();
    if (why !== null) return unavailable(why);
    const header = { ...rest, caller: user && callerOf(user), store: storeId };
    const result = store.call<Omit<CoreAnswer, 'body'>>(
      Method.request,
      { now: nowMicros(), entropy: entropy(), ...header },
      body ?? '',
    );
    return { ...result.header, body: result.body };
  };
}

async function importLines(
  { call }: OpenedStore,
  commits: CommitLoop,
  lines: string,
): Promise<ImportAnswer> {
  const { header } = await call<ImportAnswer>(Method.import, {}, lines);
  await commits.settle();
  return header;
}

function figuresOf(store: CoreStore, core: Core): Figures {
  const { header } = store.call<Record<string, number>>(Method.status);
  return {
    events: header['events'] ?? 0,
    sequence: header['sequence'] ?? 0,
    durable_sequence: header['durableSequence'] ?? 0,
    pending_bytes: header['pendingBytes'] ?? 0,
    journal_bytes: header['journalBytes'] ?? 0,
    memory_bytes: core.memoryBytes(),
  };
}
