import { type CommitLoop, createCommitLoop } from '../../wasm/commit-loop.ts';
import { type Claimed, claimDatabases, mountIdbfs } from '../../wasm/idbfs.ts';
import { type Core, CoreError, type CoreStore, loadCore } from '../../wasm/load.ts';
import type { Effect } from '../../wasm/methods.ts';
import { type OpenedStore, openStore } from '../../wasm/open-store.ts';
import { createLiveQueries } from './live.ts';
import {
  type Answers,
  isWrite,
  type Kind,
  type OpenRequest,
  type RequestMessage,
} from './protocol.ts';
import { defaultMemory } from './memory.ts';
import { createHandlers } from './requests.ts';
import { createLocalWrites } from './local-writes.ts';
import { createRetention } from './retention.ts';
import { createStatus } from './status.ts';
import { type GuardedFiles, guardStorage, memoryOnly } from './storage-guard.ts';
import { IN_MEMORY } from './take-over.ts';
import { createUpstream } from './upstream.ts';
import { knows, PROTOCOL_VERSION, refusalOfOlderPage } from './versions.ts';
import { WorkerError } from './worker-error.ts';
import type { Handlers, Post, Workplace } from './workplace.ts';

/** Longest wait for cuesheet.wasm, in milliseconds. */
const WASM_TIMEOUT_MS = 60_000;
/** The size of a full segment. It is small, because a commit writes the whole segment. */
const SEGMENT_BYTES = 16 * 1024;
/** Longest wait for the answers of writes before a database is handed over, in milliseconds; and of reads. */
const WRITES_TIMEOUT_MS = 10_000;
const READS_TIMEOUT_MS = 1_000;
/** How often writers that wait for the server are answered meanwhile, in milliseconds. */
const ANSWER_MS = 20;

/** The store of a database, which serves the pages of every tab. It lives in the worker that owns it. */
export interface Session {
  /** Answers a request of a page; `post` reaches that page. */
  handle(page: string, message: RequestMessage, post: Post): Promise<Answers[Kind]>;
  /** Forgets a page that has ended. */
  leave(page: string): void;
  /**
   * Ends it. `closed` commits what waits and resolves when the files are closed. `lost`: another worker
   * owns the database, so nothing more is committed.
   */
  stop(why: 'closed' | 'lost'): Promise<void>;
  /**
   * Ends it for a worker of a newer version, once every write has its answer and everything is saved.
   * @throws WorkerError, CoreError, StorageProblem when that is not so in time: then it goes on.
   */
  handOver(): Promise<void>;
}

/** What a session needs from the ownership that opened it, and what ends it from within. */
export interface SessionEnds {
  /** Whether this worker still owns the database; another worker takes over from a frozen one. */
  owns(): Promise<boolean>;
  /** A commit found that another worker owns the database. */
  fenced(): void;
  /** Not all events can be loaded, for this reason: another session has to be opened. */
  damaged(what: string): void;
}

/**
 * Loads the module, opens the database and connects to the server. `noStorage` says why nothing can
 * be kept on disk; null = it can. `lost` names files that earlier sessions have found damaged.
 * @throws WorkerError `state` when the wasm cannot be loaded, CoreError when the files are damaged.
 */
export async function openSession(
  options: OpenRequest,
  noStorage: string | null,
  lost: readonly string[],
  ends: SessionEnds,
): Promise<Session> {
  const claimed = noStorage === null ? claimDatabases(options.database) : null;
  claimed?.catch(() => {}); // reported once the module is loaded
  const core = await loadCore(await compile(options.wasmUrl));
  // Ends this worker (entry.ts) once the call that crashed is answered; the next one opens the files again.
  core.onCrash((crash) => setTimeout(() => reportError(crash)));
  const files = claimed ? await openFiles(core, claimed) : memoryOnly(noStorage ?? '');
  const role = options.server === null ? 'local' : 'replica';
  const opened = await openStore(
    core,
    role,
    files,
    SEGMENT_BYTES,
    options.memory ?? defaultMemory(),
  );
  const dataLoss = await claimed?.then((found) => found.dataLoss).catch(() => null); // reported above
  return createSession(core, opened, files, options, dataLoss ? [...lost, dataLoss] : lost, ends);
}

async function openFiles(core: Core, claimed: Promise<Claimed>): Promise<GuardedFiles> {
  try {
    return guardStorage(await mountIdbfs(core.fileSystems, await claimed));
  } catch (error) {
    return memoryOnly(`this page cannot use IndexedDB (${(error as Error).message})`);
  }
}

async function compile(url: string): Promise<WebAssembly.Module> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(WASM_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    // Compiling while it loads needs the right content type, which some servers do not send.
    const isTyped = response.headers.get('content-type')?.startsWith('application/wasm');
    if (isTyped) return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    const { message } = error as Error;
    throw new WorkerError('state', `${url}: ${message}; is cuesheet.wasm of this version there?`);
  }
}

function createSession(
  core: Core,
  opened: OpenedStore,
  files: GuardedFiles,
  { server, token, user, scope, durability }: OpenRequest,
  lost: readonly string[],
  ends: SessionEnds,
): Session {
  const { store, call } = opened;
  const pages: Workplace['pages'] = new Map();
  const live = createLiveQueries(store, call);
  const localWrites = createLocalWrites(store, call, user);
  const status = createStatus(store, pages, () => {
    const state = files.state();
    const message = state.message ?? ([...lost, ...opened.lost].join('; ') || null);
    const connection = upstream?.state() ?? 'local';
    const full = upstream?.full() ?? null;
    if (full === null || state.problem !== null) return { connection, ...state, message };
    return { connection, ...state, problem: 'memory', message: full };
  });
  const carryOut = (effects: Effect[]) => {
    carryOutAll(effects, { localWrites, upstream, consumers: [live, retention] });
  };
  const committed = (effects: Effect[]) => {
    carryOut(effects);
    status.tell();
  };
  const saving = { carryOut: committed, ended: files.ended };
  const commits = createCommitLoop(opened, files, saving, durability);
  const settle = createSettle(store, commits, carryOut, status.tell);
  const afterCall = () => settle().catch(() => {}); // the status reports the error
  const retention = createRetention(store, scope ?? null, server !== null, settle);
  const upstream =
    server === null ? null : createUpstream(server, store, afterCall, ends.owns, token);
  listenTo(files, { makeRoom: retention.makeRoom, fenced: ends.fenced, changed: status.tellNow });

  function leave(page: string) {
    pages.delete(page);
    live.removeAll(`${page} `);
  }

  const { flush } = files;
  const work = { store, call, upstream, localWrites, user, pages, live, settle, flush, leave };
  const handlers = createHandlers({ ...work, status: status.read });
  const loading = startLoading(opened, {
    begin() {
      retention.start(); // refuses a wrong scope
      upstream?.start();
    },
    loaded() {
      status.tell();
      if (opened.lost.length > 0) void commits.maintain();
    },
    async damaged(what) {
      await files.commit('relaxed').catch(() => {}); // files that were set aside stay so
      ends.damaged(what);
    },
  });
  const requests = createHandle(core, handlers, pages, loading.done);

  async function stop(why: 'closed' | 'lost'): Promise<void> {
    loading.stop();
    pages.clear();
    live.removeAll('');
    if (why === 'lost') commits.abandon(new WorkerError('owner_lost', FENCED));
    opened.end();
    upstream?.stop();
    retention.stop();
    if (why === 'closed') await commits.stop().catch(() => {}); // the waiting writers get the error
    files.close();
  }

  return {
    leave,
    handle: requests.handle,
    stop,
    async handOver() {
      await saveAll(work, requests, files);
      await Promise.race([requests.answered(), delay(READS_TIMEOUT_MS)]);
      await stop('closed');
    },
  };
}

/** Answers every write and saves everything; nothing more is sent to the server. When it fails, all goes on. */
async function saveAll(
  { localWrites, upstream, settle, flush }: Omit<Workplace, 'status'>,
  requests: Requests,
  files: GuardedFiles,
): Promise<void> {
  // A write that is saved here does not wait for the server: the next owner sends it.
  const answers = setInterval(localWrites.goneOffline, ANSWER_MS);
  try {
    await inTime(Promise.all([upstream?.pauseWrites(), requests.written()]));
    await settle();
    await flush();
    if (files.state().storage === 'memory') throw new WorkerError('storage', IN_MEMORY);
  } catch (error) {
    upstream?.resumeWrites();
    throw error;
  } finally {
    clearInterval(answers);
  }
}

/** `changed` is called before any writer gets an answer for a write that is in memory only. */
function listenTo(
  files: GuardedFiles,
  on: { makeRoom(): void; fenced(): void; changed(): void },
): void {
  files.listen({
    onFull: async () => on.makeRoom(),
    onChange() {
      if (files.state().problem === 'fenced') on.fenced();
      else on.changed();
    },
  });
}

/** Carries out effects, and notifies the consumers of changes when events have changed. */
function carryOutAll(
  effects: Effect[],
  {
    localWrites,
    upstream,
    consumers,
  }: Pick<Workplace, 'localWrites' | 'upstream'> & { consumers: { changed(): void }[] },
): void {
  let changed = false;
  for (const effect of effects) {
    if (effect.effect === 'changed') changed = true;
    localWrites.carryOut(effect);
    upstream?.carryOut(effect);
  }
  if (upstream?.state() !== 'live') localWrites.goneOffline();
  if (!changed) return;
  for (const consumer of consumers) consumer.changed();
}

/**
 * Call this after every call that may have changed something. Effects are carried out at once, so that a
 * write shows before it is durable; the promise resolves when everything so far is durable.
 */
function createSettle(
  store: CoreStore,
  commits: CommitLoop,
  carryOut: (effects: Effect[]) => void,
  tellStatus: () => void,
): Workplace['settle'] {
  return (durability) => {
    carryOut(store.takeEffects());
    const settled = commits.settle(durability);
    tellStatus();
    settled.catch(tellStatus);
    return settled;
  };
}

/** Loads the remaining events; work that needs all of them begins afterwards. */
function startLoading(
  opened: OpenedStore,
  on: { begin(): void; loaded(): void; damaged(what: string): Promise<void> },
): { done: Promise<void>; stop(): void } {
  let stopped = false;
  async function load(): Promise<void> {
    try {
      await opened.load();
    } catch (error) {
      if (stopped) return;
      await on.damaged((error as Error).message);
      throw error;
    }
    if (stopped) return;
    on.begin();
    on.loaded();
  }
  const stop = () => {
    stopped = true;
  };
  if (opened.isLoaded) {
    on.begin();
    return { done: Promise.resolve(), stop };
  }
  const done = load();
  done.catch(() => {}); // waiting requests get the error
  return { done, stop };
}

type Handle = Session['handle'];

interface Requests {
  handle: Handle;
  /** Resolves when every write that was asked until now has its answer; `answered`: every request. */
  written(): Promise<unknown>;
  answered(): Promise<unknown>;
}

function createHandle(
  core: Core,
  handlers: Handlers,
  pages: Workplace['pages'],
  loaded: Promise<void>,
): Requests {
  const answer = createAnswer(core, handlers, loaded);
  const writes = new Set<Promise<unknown>>();
  const reads = new Set<Promise<unknown>>();

  const handle: Handle = async (page, message, post) => {
    const version = pages.get(page)?.version ?? PROTOCOL_VERSION;
    if (!knows(version, message.kind)) {
      const { code, message: text } = refusalOfOlderPage();
      throw new WorkerError(code, text);
    }
    const running = isWrite(message.kind) ? writes : reads;
    const answered = answer(page, message, post);
    running.add(answered);
    try {
      return await answered;
    } finally {
      running.delete(answered);
    }
  };

  return {
    handle,
    written: () => Promise.allSettled(writes),
    answered: () => Promise.allSettled([...writes, ...reads]),
  };
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** @throws WorkerError `timeout` when a write has no answer in time. */
async function inTime(written: Promise<unknown>): Promise<void> {
  const late = delay(WRITES_TIMEOUT_MS).then(() => {
    throw new WorkerError('timeout', STILL_WRITING);
  });
  await Promise.race([written, late]);
}

/** Writes wait until all events are loaded, other requests only when the core says `loading`. */
function createAnswer(core: Core, handlers: Handlers, loaded: Promise<void>): Handle {
  return async (page, message, post) => {
    if (core.hasCrashed()) return new Promise(() => {}); // its page asks the next worker
    const handler = handlers[message.kind] as (
      body: object,
      page: string,
      post: Post,
    ) => Promise<Answers[Kind]>;
    if (isWrite(message.kind)) await loaded;
    try {
      return await handler(message.body, page, post);
    } catch (error) {
      if (!(error instanceof CoreError) || error.code !== 'loading') throw error;
      await loaded;
      return await handler(message.body, page, post);
    }
  };
}

const STILL_WRITING = 'a write still waits for its answer';
const FENCED = 'another worker owns the database now: check whether it was done';
