import { createCommitLoop } from '../../wasm/commit-loop.ts';
import type { HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles, mountIdbfs } from '../../wasm/idbfs.ts';
import { type CoreStore, entropy, loadCore, nowMicros } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
import { createLiveQueries } from './live.ts';
import type {
  Answers,
  FromWorker,
  Kind,
  OpenRequest,
  RequestMessage,
  Requests,
  Status,
} from './protocol.ts';
import { createUpstream } from './upstream.ts';
import { WorkerError } from './worker-error.ts';

/** How long a write through the server waits until the event has arrived here, in milliseconds. */
const ARRIVAL_TIMEOUT_MS = 10_000;
const ARRIVAL_POLL_MS = 50;

/** The store of a database, serving the pages of every tab. Lives in the worker that owns it. */
export interface Session {
  /** Answers a request of a page; `post` reaches that page. */
  handle(page: string, message: RequestMessage, post: Post): Promise<Answers[Kind]>;
  /** Forgets a page that is gone. */
  leave(page: string): void;
}

export type Post = (message: FromWorker) => void;

/**
 * Loads the module, opens the database and connects to the server.
 * @throws Error when the wasm cannot be fetched, CoreError when the files are damaged.
 */
export async function openSession(options: OpenRequest): Promise<Session> {
  const core = await loadCore(await compile(options.wasmUrl));
  let files: HostFiles;
  let message: string | null = null;
  try {
    files = await mountIdbfs(core.glue, options.database);
  } catch (error) {
    files = memoryFiles();
    message = `IndexedDB cannot be used (${(error as Error).message}): events are kept until this page closes`;
  }
  const store = core.create('replica', files);
  store.call(Method.open, { now: nowMicros() });
  return createSession(store, files, message, options);
}

async function compile(url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}; is cuesheet.wasm served there?`);
  return WebAssembly.compile(await response.arrayBuffer());
}

function createSession(
  store: CoreStore,
  files: HostFiles,
  memoryMessage: string | null,
  options: OpenRequest,
): Session {
  const pages = new Map<string, Post>();
  const live = createLiveQueries(store);
  // In a browser effects are carried out at once (a write shows before it is durable), so the commit
  // loop finds none.
  const commits = createCommitLoop(store, files, () => {});
  const upstream =
    options.server === null ? null : createUpstream(options.server, store, afterCall, options.token);
  let storageError: string | null = null;
  let lastStatus = '';

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
    const now = status();
    const text = JSON.stringify(now);
    if (text === lastStatus) return;
    lastStatus = text;
    for (const post of pages.values()) post({ status: now });
  }

  /** After every call that may have changed something. Resolves when it is durable. */
  function settle(): Promise<void> {
    for (const effect of store.takeEffects()) {
      if (effect.effect === 'changed') live.changed();
      else upstream?.carryOut(effect);
    }
    const settled = commits.settle();
    tellStatus();
    settled.then(
      () => {
        storageError = null;
        tellStatus();
      },
      (error: Error) => {
        storageError = `saving failed, will try again: ${error.message}`;
        tellStatus();
      },
    );
    return settled;
  }

  function afterCall() {
    void settle().catch(() => {}); // told by the status
  }

  function find(id: string): Uint8Array | null {
    const { header, body } = store.call<{ found: boolean }>(Method.get, { id });
    return header.found ? body : null;
  }

  async function arrival(id: string): Promise<void> {
    for (let waited = 0; waited < ARRIVAL_TIMEOUT_MS; waited += ARRIVAL_POLL_MS) {
      if (find(id)) return settle();
      await new Promise((resolve) => setTimeout(resolve, ARRIVAL_POLL_MS));
    }
    throw new WorkerError(
      'timeout',
      `the server took event ${id}, but it has not arrived here within ${ARRIVAL_TIMEOUT_MS} ms`,
    );
  }

  type Handlers = {
    [K in Kind]: (body: Requests[K], page: string, post: Post) => Promise<Answers[K]> | Answers[K];
  };
  const actor = () => ({ now: nowMicros(), user: options.user, senderType: 'cuesheet' });
  const handlers: Handlers = {
    open: (_body, page, post) => {
      pages.set(page, post);
      return status();
    },
    async dispatch({ event }) {
      if (upstream) {
        const response = await upstream.request('POST', '/api/events', event);
        const { id } = (await response.json()) as { id: string };
        if ((event as { store?: boolean }).store !== false) await arrival(id);
        return { id };
      }
      const header = { ...actor(), entropy: entropy() };
      const { id } = store.call<{ id: string }>(
        Method.dispatch,
        header,
        JSON.stringify(event),
      ).header;
      await settle();
      return { id };
    },
    async update({ id, changes }) {
      if (upstream) await upstream.request('PATCH', `/api/events/${id}`, changes);
      else store.call(Method.update, { ...actor(), id }, JSON.stringify(changes));
      await settle();
      return null;
    },
    async remove({ id }) {
      await upstream?.request('DELETE', `/api/events/${id}`);
      const { removed } = store.call<{ removed: boolean }>(Method.remove, { id }).header;
      await settle();
      return { removed };
    },
    async get({ id }) {
      const here = find(id);
      if (!upstream || upstream.state() !== 'live') return here;
      const complete = here !== null && 'payload' in JSON.parse(new TextDecoder().decode(here));
      if (complete) return here;
      const response = await upstream.request('GET', `/api/events/${id}`);
      return new Uint8Array(await response.arrayBuffer());
    },
    query: ({ query }) => store.call(Method.query, {}, JSON.stringify(query)).body,
    live({ live: number, query }, page, post) {
      live.add(`${page} ${number}`, number, query, post);
      return null;
    },
    unlive({ live: number }, page) {
      live.remove(`${page} ${number}`);
      return null;
    },
    token({ token }) {
      upstream?.setToken(token);
      return null;
    },
    async flush() {
      await settle();
      return null;
    },
    async close(_body, page) {
      await settle();
      leave(page);
      return null;
    },
  };

  function leave(page: string) {
    pages.delete(page);
    live.removeAll(`${page} `);
  }

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
