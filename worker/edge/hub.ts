/**
 * A hub: AYON's event protocol over HTTP and WebSocket, without ties to a runtime (docs/hub.md).
 *
 * @module cuesheet/hub
 */
import type { HostFiles } from '../../wasm/host-files.ts';
import type { ImportAnswer } from '../../wasm/import-lines.ts';
import { type CoreStore, entropy, loadCore, nowMicros } from '../../wasm/load.ts';
import { type Effect, Method } from '../../wasm/methods.ts';
import { openStore, openWholeStore } from '../../wasm/open-store.ts';
import { type CommitLoop, createCommitLoop } from '../../wasm/commit-loop.ts';
import type { Credentials } from './credentials.ts';
import type { Pack } from './feed-routes.ts';
import { createLog, type Log } from './log.ts';
import { createNews } from './news.ts';
import type { Figures } from './operation-routes.ts';
import type { Rate } from './rate-limit.ts';
import { createRoutes } from './routes.ts';
import { readStoreId } from './store-id.ts';
import { type Follower, type Following, followUpstream, type Upstream } from './upstream.ts';
import type { User } from './users.ts';

export type { HostFiles } from '../../wasm/host-files.ts';
export type { ImportAnswer } from '../../wasm/import-lines.ts';
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
export { createRelayCredentials } from './relay-credentials.ts';
export { type Upstream, upstreamAt } from './upstream.ts';
export { parseUsers, type User, type UserData, type UserRecord, UsersError } from './users.ts';

/** What a hub is made of. */
export interface HubOptions {
  /** The compiled `cuesheet-hub.wasm`; each runtime has its own way to get it. */
  wasm: WebAssembly.Module;
  files: HostFiles;
  credentials: Credentials;
  /** Answers what is no API route, for example the viewer page; null = 404. */
  page?: (path: string) => Promise<Response | null>;
  /** Web origins whose pages may call this hub (CORS), as `https://viewer.example`; default none. */
  origins?: string[];
  /** What the hub says of itself; default: errors, as text. */
  log?: Log;
  /**
   * Makes the hub a relay: it follows this hub, serves what it has from a store of its own and hands writes
   * on. `credentials` are `createRelayCredentials` then, `files` those of an empty store.
   */
  upstream?: Upstream;
  /**
   * Ready when the newest events are here: what needs others waits until they are. `Hub.loaded` says when, or
   * that a checkpoint is damaged: another hub is to be made then. Default: ready when all are here.
   */
  answersEarly?: boolean;
  /** Packs snapshots with Brotli, for clients that accept it; default: gzip. */
  packBrotli?: Pack;
  /** Of each user, or of each address without credentials; more is 429. Default: no limit. */
  rate?: Rate;
}

/** The outside of one WebSocket. */
export interface Peer {
  /** Sends a text frame. */
  send(text: string): void;
  /** Closes the socket with a code of RFC 6455. */
  close(code: number): void;
  /** Bytes that the client has not taken yet, where the runtime tells. */
  unsentBytes?(): number;
  /** Who keeps the last `state` beside the socket can give it to `openSocket` of a later hub. */
  remember?(state: string): void;
}

/** The inside of one WebSocket. */
export interface SocketHandle {
  /** Resolves when all that it leads to is done (a login, say). Never rejects. */
  message(text: string): Promise<void>;
  /** To be called once, when the socket is gone. */
  closed(): void;
}

/** One request for the core (docs/border.md, method 10). */
export interface CoreRequest {
  operation: string;
  id?: string;
  user: User | null;
  denied?: string;
  deniedStatus?: number;
  sender?: string | null;
  senderType?: string | null;
  body?: Uint8Array | string;
}

/** What the core answers. */
export interface CoreAnswer {
  status: number;
  body: Uint8Array;
  /** Of a part of a snapshot: the cursor of the next one; absent = this was the last. */
  next?: string;
  /** Of the first part of a snapshot: the changes after it are to follow. */
  sequence?: number;
}

/** A hub that runs: what a runtime hands its requests and sockets to. */
export interface Hub {
  /**
   * All events are here. Rejects with CoreError `corrupt` when files turned out damaged and were set aside
   * (`answersEarly` only).
   */
  readonly loaded: Promise<void>;
  /** Answers an HTTP request. `address` is the client's, for the login throttle. */
  fetch(request: Request, address?: string): Promise<Response>;
  /**
   * A socket that is new, or (`state`) one that was remembered by a hub before this one.
   * @throws CoreError `invalid` for a state that no hub gave.
   */
  openSocket(peer: Peer, state?: string): SocketHandle;
  /**
   * To be called once a second: heartbeats and the authentication deadline. Resolves when what is due
   * has been sent; never rejects.
   */
  tick(): Promise<void>;
  /**
   * Commits what waits and closes every socket with 1001. Requests to the store get 503 from now on.
   * @throws Error when the last commit failed.
   */
  close(): Promise<void>;
  /**
   * Takes events in as `cuesheet export` writes them, whole lines of NDJSON; what is there already stays.
   * Resolves when they are durable. @throws CoreError `too_large` for more than 16 MiB.
   */
  importLines(lines: string): Promise<ImportAnswer>;
  /** Number of stored events. */
  events(): number;
  /** Bytes of the module's memory, which grows and never shrinks. */
  memoryBytes(): number;
}

/** A file of the journal grows to this size; on disks appending costs the same at any. */
export const SEGMENT_BYTES = 256 * 1024;

/** AYON's clients try again after a 503. */
const STOPPING = {
  status: 503,
  body: new TextEncoder().encode('{"code":503,"detail":"The hub is stopping"}'),
};

/**
 * A hub: AYON's event protocol over a core store, without ties to a runtime.
 * @throws CoreError `corrupt` or `storage` when the files cannot be opened.
 */
export async function createHub(options: HubOptions): Promise<Hub> {
  const core = await loadCore(options.wasm);
  const open = options.answersEarly ? openStore : openWholeStore;
  const opened = await open(core, 'hub', options.files, SEGMENT_BYTES);
  let isLoaded = !options.answersEarly || opened.isLoaded;
  const { store } = opened;
  const log = options.log ?? createLog('off');
  for (const what of opened.lost) log('error', what);
  const loaded = isLoaded
    ? Promise.resolve()
    : opened.load().then(() => {
        isLoaded = true;
        for (const what of opened.lost) log('error', what);
      });
  loaded.catch(() => {}); // told to whoever asks
  const storeId = readStoreId(options.files, opened.lost.length > 0);
  let stopping = false;
  const reportCommit = (error: Error) => {
    log('error', `saving failed, will try again: ${error.message}`);
  };
  let early = 0; // of sockets: they wait until all is loaded, and keep their order
  const sockets = createSockets(options.credentials, log, async (header, text) => {
    if (!isLoaded || early > 0) {
      early++;
      await loaded.catch(() => {}); // then this hub is closed
      early--;
      if (!isLoaded) return;
    }
    if (stopping) return; // frames still come in while a socket closes
    store.call(Method.socket, { now: nowMicros(), store: storeId, ...header }, text);
    return commits.settle().catch(reportCommit);
  });
  const news = createNews();
  const commits: CommitLoop = createCommitLoop(opened, options.files, (effects) => {
    sockets.carryOut(effects);
    for (const effect of effects) follower?.carryOut(effect);
    if (effects.some(({ effect }) => effect === 'changed')) news.tell();
  });

  const ask = (request: CoreRequest): CoreAnswer => {
    if (stopping) return STOPPING;
    const { user, body, ...rest } = request;
    const header = { ...rest, caller: user && callerOf(user), store: storeId };
    const result = store.call<{ status: number; next?: string; sequence?: number }>(
      Method.request,
      { now: nowMicros(), entropy: entropy(), ...header },
      body ?? '',
    );
    return { ...result.header, body: result.body };
  };
  let following: Following | null = options.upstream ? { isLive: false, position: 0 } : null;
  let follower: Follower | null = null;
  const told = (next: Following, problem: string | null) => {
    following = next;
    if (problem) log('error', `the upstream: ${problem}`);
  };
  if (options.upstream) {
    try {
      follower = followUpstream(options.upstream, replicaOf(store, commits, log), told);
      follower.start();
    } catch (error) {
      told({ isLive: false, position: 0 }, (error as Error).message);
    }
  }

  const routes = createRoutes({
    credentials: options.credentials,
    ask,
    settle: commits.settle,
    changed: news.wait,
    log,
    loading: () => (isLoaded ? null : loaded),
    ...(options.upstream && { upstream: options.upstream }),
    isReady: () => following?.isLive ?? true,
    figures: () =>
      stopping
        ? null
        : {
            ...figuresOf(store),
            memory_bytes: core.glue.HEAPU8.length,
            sockets: sockets.count(),
            socket_unsent_bytes: sockets.unsentBytes(),
            feed_waiters: news.waiting(),
            ...(following && { upstream_sequence: following.position }),
          },
    ...(options.packBrotli && { packBrotli: options.packBrotli }),
    ...(options.page && { page: options.page }),
    ...(options.rate && { rate: options.rate }),
    ...(options.origins && { origins: options.origins }),
  });
  return {
    loaded,
    fetch: routes,
    openSocket: sockets.open,
    tick: () => sockets.tick(),
    async importLines(lines) {
      const { header } = await opened.call<ImportAnswer>(Method.import, {}, lines);
      await commits.settle();
      return header;
    },
    events: () => store.call<{ events: number }>(Method.status).header.events,
    memoryBytes: () => core.glue.HEAPU8.length,
    async close() {
      stopping = true;
      follower?.stop();
      opened.end();
      news.tell();
      try {
        await commits.stop();
      } finally {
        sockets.closeAll();
        store.destroy();
      }
    },
  };
}

/** The method `replica` of the core. */
function replicaOf(
  store: CoreStore,
  commits: CommitLoop,
  log: Log,
): Parameters<typeof followUpstream>[1] {
  return async (event, more, body) => {
    try {
      store.call(Method.replica, { now: nowMicros(), entropy: entropy(), event, ...more }, body);
    } catch (error) {
      log('error', `the upstream: '${event}' was refused: ${(error as Error).message}`);
    }
    await commits.settle().catch(() => {}); // told by the commit loop, which tries again
  };
}

/** The roles of a user in the form that the core reads. */
function callerOf(user: User): Record<string, unknown> {
  const { isService, isAdmin, isManager, isGuest, accessGroups } = user.data;
  return { name: user.name, isService, isAdmin, isManager, isGuest, accessGroups };
}

function figuresOf(store: CoreStore): Figures {
  const { header } = store.call<Record<string, number>>(Method.status);
  return {
    events: header['events'] ?? 0,
    sequence: header['sequence'] ?? 0,
    durable_sequence: header['durableSequence'] ?? 0,
    pending_bytes: header['pendingBytes'] ?? 0,
    journal_bytes: header['journalBytes'] ?? 0,
  };
}

/** Numbers the sockets, tells the core about them and carries out what it says of them. */
function createSockets(
  credentials: Credentials,
  log: Log,
  tell: (header: Record<string, unknown>, text?: string) => Promise<void>,
) {
  const reportSocket = (error: Error) => {
    log('error', `a message of a socket was not taken: ${error.message}`);
  };
  const peers = new Map<number, Peer>();
  const logins = new Map<number, Promise<void>>(); // those under way
  let last = 0;

  async function authenticate(client: number, token: string): Promise<void> {
    const user = await credentials.byToken(token);
    if (peers.has(client)) {
      await tell({ event: 'authenticated', client, caller: user && callerOf(user) });
    }
  }

  /** Logins of one socket are answered in the order in which they came. */
  function logIn(client: number, token: string): void {
    const login = Promise.resolve(logins.get(client))
      .then(() => authenticate(client, token))
      .catch(reportSocket);
    logins.set(client, login);
    void login.finally(() => {
      if (logins.get(client) === login) logins.delete(client);
    });
  }

  /** A socket that is closing may throw, before it says that it is closed; the others get theirs. */
  function send(client: number, text: string): void {
    try {
      peers.get(client)?.send(text);
    } catch (error) {
      log('info', 'not sent', { reason: (error as Error).message });
    }
  }

  return {
    open(peer: Peer, state?: string): SocketHandle {
      const client = ++last;
      void tell({ event: state === undefined ? 'opened' : 'restored', client }, state);
      peers.set(client, peer);
      return {
        async message(text) {
          try {
            await tell({ event: 'message', client }, text);
            await logins.get(client);
          } catch (error) {
            reportSocket(error as Error);
          }
        },
        closed: () => {
          if (peers.delete(client)) void tell({ event: 'closed', client });
        },
      };
    },
    count: () => peers.size,
    unsentBytes: () => [...peers.values()].reduce((sum, it) => sum + (it.unsentBytes?.() ?? 0), 0),
    tick: () => tell({ event: 'tick', client: 0 }),
    closeAll() {
      for (const peer of peers.values()) peer.close(1001);
      peers.clear();
    },
    carryOut(effects: Effect[]) {
      for (const effect of effects) {
        if (effect.effect === 'send') {
          for (const client of effect.clients) send(client, effect.text);
        } else if (effect.effect === 'close') {
          log('info', 'socket closed', { code: effect.code });
          peers.get(effect.client)?.close(effect.code);
        } else if (effect.effect === 'authenticate' && 'client' in effect) {
          logIn(effect.client, effect.token);
        } else if (effect.effect === 'remember') {
          peers.get(effect.client)?.remember?.(effect.state);
        }
      }
    },
  };
}
