import { createCommitLoop } from '../../wasm/commit-loop.ts';
import type { HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles, mountIdbfs } from '../../wasm/idbfs.ts';
import { type Core, type CoreStore, loadCore, nowMicros } from '../../wasm/load.ts';
import { type Effect, Method } from '../../wasm/methods.ts';
import { createArrivals } from './arrivals.ts';
import { createLiveQueries } from './live.ts';
import type { Answers, Kind, OpenRequest, RequestMessage, Status } from './protocol.ts';
import { createHandlers, type Post } from './requests.ts';
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
}

/**
 * Loads the module, opens the database and connects to the server. `noStorage` says why nothing may
 * be kept on disk, null = it may.
 * @throws WorkerError `state` when the wasm cannot be loaded, CoreError when the files are damaged.
 */
export async function openSession(
  options: OpenRequest,
  noStorage: string | null,
): Promise<Session> {
  const core = await loadCore(await compile(options.wasmUrl));
  const { files, problem } = await openFiles(core.glue, options.database, noStorage);
  const store = core.create('replica', files);
  store.call(Method.open, { now: nowMicros() });
  return createSession(store, files, problem && `${problem}: events last until it closes`, options);
}

async function openFiles(
  glue: Core['glue'],
  database: string,
  noStorage: string | null,
): Promise<{ files: HostFiles; problem: string | null }> {
  if (noStorage !== null) return { files: memoryFiles(), problem: noStorage };
  try {
    return { files: await mountIdbfs(glue, database), problem: null };
  } catch (error) {
    const problem = `this page cannot use IndexedDB (${(error as Error).message})`;
    return { files: memoryFiles(), problem };
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
  files: HostFiles,
  memoryMessage: string | null,
  options: OpenRequest,
): Session {
  const pages = new Map<string, Post>();
  let storageError: string | null = null;
  let lastStatus = '';
  let statusWaiting = false;
  const live = createLiveQueries(store);
  const arrivals = createArrivals();
  const commits = createCommitLoop(store, files, (effects) => {
    carryOut(effects);
    storageError = null; // a commit went through, perhaps after others had failed
    tellStatus();
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
      storage: memoryMessage === null ? 'durable' : 'memory',
      message: memoryMessage ?? storageError,
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
      const now = status();
      const text = JSON.stringify(now);
      if (text === lastStatus) return;
      lastStatus = text;
      for (const post of pages.values()) post({ status: now });
    }, STATUS_MS);
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
  }

  /**
   * After every call that may have changed something. Effects are carried out at once (a write shows
   * before it is durable); the promise resolves when everything so far is durable.
   */
  function settle(): Promise<void> {
    carryOut(store.takeEffects());
    const settled = commits.settle();
    tellStatus();
    settled.catch((error: Error) => {
      storageError = `saving failed, will try again: ${error.message}`;
      tellStatus();
    });
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
  const work = { store, upstream, user, pages, live, arrivals, status, settle, leave };
  const handlers = createHandlers(work);
  upstream?.start();
  return {
    leave,
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
