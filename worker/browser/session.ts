import { createCallWithFiles } from '../../wasm/call-with-files.ts';
import { createCommitLoop } from '../../wasm/commit-loop.ts';
import type { Durability } from '../../wasm/host-files.ts';
import { type Claimed, claimDatabases, mountIdbfs } from '../../wasm/idbfs.ts';
import { type Core, type CoreStore, loadCore, nowMicros } from '../../wasm/load.ts';
import { type Effect, Method } from '../../wasm/methods.ts';
import { createArrivals } from './arrivals.ts';
import { createLiveQueries } from './live.ts';
import type { Answers, Kind, OpenRequest, RequestMessage, Status } from './protocol.ts';
import { createHandlers, type Post } from './requests.ts';
import { createRetention } from './retention.ts';
import { type GuardedFiles, guardStorage, memoryOnly } from './storage-guard.ts';
import { createUpstream } from './upstream.ts';
import { WorkerError } from './worker-error.ts';

/** Longest wait for cuesheet.wasm, in milliseconds. */
const WASM_TIMEOUT_MS = 60_000;
/** Pages hear of the status at most this often, in milliseconds. */
const STATUS_MS = 16;

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

/**
 * Loads the module, opens the database and connects to the server. `noStorage` says why nothing may
 * be kept on disk, null = it may. `onFenced` is called when a commit finds that another worker owns the
 * database.
 * @throws WorkerError `state` when the wasm cannot be loaded, CoreError when the files are damaged.
 */
export async function openSession(
  options: OpenRequest,
  noStorage: string | null,
  onFenced: () => void,
): Promise<Session> {
  const claimed = noStorage === null ? claimDatabases(options.database) : null;
  claimed?.catch(() => {}); // told when the module is here
  const core = await loadCore(await compile(options.wasmUrl));
  const files = claimed ? await openFiles(core.glue, claimed) : memoryOnly(noStorage ?? '');
  const store = core.create('replica', files);
  store.call(Method.open, { now: nowMicros() });
  return createSession(store, files, options, onFenced);
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
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    const { message } = error as Error;
    throw new WorkerError('state', `${url}: ${message}; is cuesheet.wasm of this version there?`);
  }
}

function createSession(
  store: CoreStore,
  files: GuardedFiles,
  options: OpenRequest,
  onFenced: () => void,
): Session {
  const pages = new Map<string, Post>();
  let lastStatus = '';
  let statusWaiting = false;
  const live = createLiveQueries(store);
  const arrivals = createArrivals();
  const told = (effects: Effect[]) => {
    carryOut(effects);
    tellStatus();
  };
  const commits = createCommitLoop(store, files, told, options.durability);
  const scope = options.scope ?? null;
  const retention = createRetention(store, scope, options.server !== null, settle);
  files.listen({
    onFull: async () => void retention.makeRoom(),
    onChange() {
      if (files.state().problem === 'fenced') onFenced();
      else tellStatusNow(); // before anybody hears of a write that is in memory only
    },
  });
  const upstream =
    options.server === null
      ? null
      : createUpstream(options.server, store, afterCall, options.token);

  function status(): Status {
    const report = store.call<{ events: number; sequence: number; pendingBytes: number }>(
      Method.status,
    ).header;
    return {
      connection: upstream?.state() ?? 'local',
      ...files.state(),
      saving: report.pendingBytes > 0,
      events: report.events,
      sequence: report.sequence,
    };
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
      else upstream?.carryOut(effect);
    }
    if (!changed) return;
    live.changed();
    arrivals.changed();
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

  function afterCall() {
    void settle().catch(() => {}); // told by the status
  }

  function leave(page: string) {
    pages.delete(page);
    live.removeAll(`${page} `);
  }

  const { user } = options;
  const hasScope = scope !== null;
  const call = createCallWithFiles(store, files);
  const work = {
    store,
    call,
    upstream,
    user,
    hasScope,
    pages,
    live,
    arrivals,
    status,
    settle,
    flush: files.flush,
    leave,
  };
  const handlers = createHandlers(work);
  retention.start();
  upstream?.start();
  return {
    leave,
    async stop(why) {
      pages.clear();
      live.removeAll('');
      if (why === 'lost') commits.abandon(new WorkerError('owner_lost', FENCED));
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
      return await handler(message.body, page, post);
    },
  };
}

const FENCED = 'another worker owns the database now: look whether it was done';
