import { createCommitLoop } from '../../wasm/commit-loop.ts';
import type { Durability } from '../../wasm/host-files.ts';
import { type Claimed, claimDatabases, mountIdbfs } from '../../wasm/idbfs.ts';
import { type Core, CoreError, loadCore } from '../../wasm/load.ts';
import { type Effect, Method } from '../../wasm/methods.ts';
import { type OpenedStore, openStore } from '../../wasm/open-store.ts';
import { createLiveQueries } from './live.ts';
import {
  type Answers,
  type Kind,
  type OpenRequest,
  REPEATABLE,
  type RequestMessage,
  type Status,
} from './protocol.ts';
import { createHandlers } from './requests.ts';
import { createLocalWrites } from './local-writes.ts';
import { createRetention } from './retention.ts';
import { type GuardedFiles, guardStorage, memoryOnly } from './storage-guard.ts';
import { createUpstream } from './upstream.ts';
import { WorkerError } from './worker-error.ts';
import type { Post } from './workplace.ts';

/** Longest wait for cuesheet.wasm, in milliseconds. */
const WASM_TIMEOUT_MS = 60_000;
/** Pages hear of the status at most this often, in milliseconds. */
const STATUS_MS = 16;
/** A file of the journal grows to this size: a commit writes the whole of it. */
const SEGMENT_BYTES = 16 * 1024;

/** The core's answer to `status` (docs/border.md). */
interface StatusReport {
  events: number;
  sequence: number;
  pendingBytes: number;
  queuedWrites: number;
  refusedWrites: number;
  history: number | null;
}

/** The store of a database, serving the pages of every tab. Lives in the worker that owns it. */
export interface Session {
  /** Answers a request of a page; `post` reaches that page. */
  handle(page: string, message: RequestMessage, post: Post): Promise<Answers[Kind]>;
  /** Forgets a page that is gone. */
  leave(page: string): void;
  /**
   * Ends it. `closed` commits what waits and resolves when the files are closed; `lost`: another worker
   * owns the database, nothing is committed any more.
   */
  stop(why: 'closed' | 'lost'): Promise<void>;
}

/** What a session asks of whoever opened it, and what ends it from within. */
export interface SessionEnds {
  /** Whether this worker still owns the database; another one takes over who is asleep. */
  owns(): Promise<boolean>;
  /** A commit found that another worker owns the database. */
  fenced(): void;
  /** Not all events can be loaded, for this reason: another session is to be opened. */
  damaged(what: string): void;
}

/**
 * Loads the module, opens the database and connects to the server. `noStorage` says why nothing may
 * be kept on disk, null = it may. `lost` is what sessions before have found damaged.
 * @throws WorkerError `state` when the wasm cannot be loaded, CoreError when the files are damaged.
 */
export async function openSession(
  options: OpenRequest,
  noStorage: string | null,
  lost: readonly string[],
  ends: SessionEnds,
): Promise<Session> {
  const claimed = noStorage === null ? claimDatabases(options.database) : null;
  claimed?.catch(() => {}); // told when the module is here
  const core = await loadCore(await compile(options.wasmUrl));
  const files = claimed ? await openFiles(core.glue, claimed) : memoryOnly(noStorage ?? '');
  const opened = await openStore(core, 'replica', files, SEGMENT_BYTES);
  const dataLoss = await claimed?.then((found) => found.dataLoss).catch(() => null); // told above
  return createSession(opened, files, options, dataLoss ? [...lost, dataLoss] : lost, ends);
}

async function openFiles(glue: Core['glue'], claimed: Promise<Claimed>): Promise<GuardedFiles> {
  try {
    return guardStorage(await mountIdbfs(glue, await claimed));
  } catch (error) {
    return memoryOnly(`this page cannot use IndexedDB (${(error as Error).message})`);
  }
}

async function compile(url: string): Promise<WebAssembly.Module> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(WASM_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    // Compiling while it comes needs the right type; some servers do not know it.
    const isTyped = response.headers.get('content-type')?.startsWith('application/wasm');
    if (isTyped) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    const { message } = error as Error;
    throw new WorkerError('state', `${url}: ${message}; is cuesheet.wasm of this version there?`);
  }
}

function createSession(
  opened: OpenedStore,
  files: GuardedFiles,
  options: OpenRequest,
  lost: readonly string[],
  ends: SessionEnds,
): Session {
  const { store, call } = opened;
  const pages = new Map<string, Post>();
  let lastStatus = '';
  let statusWaiting = false;
  let stopped = false;
  const live = createLiveQueries(store, call);
  const told = (effects: Effect[]) => {
    carryOut(effects);
    tellStatus();
  };
  const commits = createCommitLoop(opened, files, told, options.durability);
  const scope = options.scope ?? null;
  const retention = createRetention(store, scope, options.server !== null, settle);
  files.listen({
    onFull: async () => void retention.makeRoom(),
    onChange() {
      if (files.state().problem === 'fenced') ends.fenced();
      else tellStatusNow(); // before anybody hears of a write that is in memory only
    },
  });
  const localWrites = createLocalWrites(store, options.user);
  const upstream =
    options.server === null
      ? null
      : createUpstream(options.server, store, afterCall, ends.owns, options.token);

  function status(): Status {
    const report = store.call<StatusReport>(Method.status).header;
    return {
      connection: upstream?.state() ?? 'local',
      ...storageState(),
      saving: report.pendingBytes > 0,
      queuedWrites: report.queuedWrites,
      refusedWrites: report.refusedWrites,
      history: report.history,
      events: report.events,
      sequence: report.sequence,
    };
  }

  function storageState() {
    const state = files.state();
    return { ...state, message: state.message ?? ([...lost, ...opened.lost].join('; ') || null) };
  }

  function tellStatus() {
    if (statusWaiting) return;
    statusWaiting = true;
    setTimeout(() => {
      statusWaiting = false;
      tellStatusNow();
    }, STATUS_MS);
  }

  function tellStatusNow() {
    const now = status();
    const text = JSON.stringify(now);
    if (text === lastStatus) return;
    lastStatus = text;
    for (const post of pages.values()) post({ status: now });
  }

  function carryOut(effects: Effect[]) {
    let changed = false;
    for (const effect of effects) {
      if (effect.effect === 'changed') changed = true;
      localWrites.carryOut(effect);
      upstream?.carryOut(effect);
    }
    if (upstream?.state() !== 'live') localWrites.goneOffline();
    if (!changed) return;
    live.changed();
    retention.changed();
  }

  /**
   * After every call that may have changed something. Effects are carried out at once (a write shows
   * before it is durable); the promise resolves when everything so far is durable.
   */
  function settle(durability?: Durability): Promise<void> {
    carryOut(store.takeEffects());
    const settled = commits.settle(durability);
    tellStatus();
    settled.catch(tellStatus);
    return settled;
  }

  function afterCall(): Promise<void> {
    return settle().catch(() => {}); // told by the status
  }

  function leave(page: string) {
    pages.delete(page);
    live.removeAll(`${page} `);
  }

  const { user } = options;
  const hasScope = scope !== null;
  const work = {
    store,
    call,
    upstream,
    localWrites,
    user,
    hasScope,
    pages,
    live,
    status,
    settle,
    flush: files.flush,
    leave,
  };
  const handlers = createHandlers(work);
  /** What needs all events begins when they are here. */
  async function load(): Promise<void> {
    try {
      await opened.load();
    } catch (error) {
      if (stopped) return;
      await files.commit('relaxed').catch(() => {}); // what was set aside stays so
      ends.damaged((error as Error).message);
      throw error;
    }
    retention.start();
    upstream?.start();
    tellStatus();
    if (opened.lost.length > 0) void commits.maintain();
  }
  let loaded = Promise.resolve();
  if (opened.isLoaded) {
    retention.start(); // refuses a wrong scope
    upstream?.start();
  } else {
    loaded = load();
    loaded.catch(() => {}); // told to whoever waits for it
  }

  return {
    leave,
    async stop(why) {
      stopped = true;
      pages.clear();
      live.removeAll('');
      if (why === 'lost') commits.abandon(new WorkerError('owner_lost', FENCED));
      opened.end();
      upstream?.stop();
      retention.stop();
      if (why === 'closed') await commits.stop().catch(() => {}); // told to whoever waited for it
      files.close();
    },
    async handle(page, message, post) {
      const handler = handlers[message.kind] as (
        body: object,
        page: string,
        post: Post,
      ) => Promise<Answers[Kind]>;
      if (!REPEATABLE.includes(message.kind) && message.kind !== 'open') await loaded;
      try {
        return await handler(message.body, page, post);
      } catch (error) {
        if (!(error instanceof CoreError) || error.code !== 'loading') throw error;
        await loaded;
        return await handler(message.body, page, post);
      }
    },
  };
}

const FENCED = 'another worker owns the database now: look whether it was done';
