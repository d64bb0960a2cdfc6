import { createConnect } from './connect.ts';
import { CuesheetError } from './error.ts';
import { createPageReader, parseJson } from './page-reader.ts';
import { exportEvents, importEvents, verifyEvents } from './transfer.ts';
import type {
  EventDetail,
  EventPage,
  EventQuery,
  Events,
  EventsStatus,
  OpenOptions,
} from './types.ts';
import { createWorkerPort } from './worker-port.ts';

const DEFAULT_PAGE_SIZE = 100;
const INITIAL_STATUS: EventsStatus = {
  connection: 'stopped',
  storage: 'memory',
  problem: null,
  message: null,
  saving: false,
  events: 0,
  sequence: 0,
};

/**
 * Opens (or makes) the database of a server and a name, in a worker of its own, and connects to the
 * server if one is given. Several tabs may open the same one.
 *
 * @throws CuesheetError `state` when the worker or its wasm cannot start, `corrupt` when files are
 *   damaged, `invalid` when `server` is no http(s) URL.
 * @example
 * const events = await openEvents({ server: 'https://ayon.example', token });
 * events.live({ topics: ['entity.*'] }, (page) => render(page.events));
 */
export async function openEvents(options: OpenOptions = {}): Promise<Events> {
  if (typeof Worker === 'undefined') {
    throw new CuesheetError('state', 'openEvents() needs a browser: call it on the client only');
  }
  const server = options.server === undefined ? null : serverUrl(options.server);
  const workerUrl = options.workerUrl ?? new URL('./worker.js', import.meta.url);
  const wasmUrl = options.wasmUrl ?? new URL('./cuesheet.wasm', import.meta.url);
  let status = INITIAL_STATUS;
  const listeners = new Set<(status: EventsStatus) => void>();

  const port = createWorkerPort(createConnect(workerUrl), (next) => {
    const refused = next.connection === 'unauthorized' && status.connection !== 'unauthorized';
    status = next;
    for (const listener of listeners) listener(next);
    if (refused && options.onAuth) void renew(options.onAuth);
  });

  async function renew(onAuth: NonNullable<OpenOptions['onAuth']>) {
    try {
      const token = await onAuth();
      if (token) await port.request('token', { token });
    } catch (error) {
      reportError(error as Error);
    }
  }

  let lastLive = 0;

  try {
    status = await port.request('open', {
      database: `${server ?? 'local'} ${options.name ?? 'default'}`,
      wasmUrl: new URL(wasmUrl, globalThis.location?.href).href,
      server,
      token: options.token ?? null,
      user: options.user ?? null,
    });
  } catch (error) {
    port.end();
    throw error;
  }

  const newestFirst = (query: EventQuery): EventQuery =>
    query.first === undefined && query.last === undefined
      ? { ...query, last: DEFAULT_PAGE_SIZE }
      : query;

  return {
    dispatch: (event) => port.request('dispatch', { event }),
    async update(id, changes) {
      await port.request('update', { id, changes });
    },
    async remove(id) {
      return (await port.request('remove', { id })).removed;
    },
    async get(id) {
      const bytes = await port.request('get', { id });
      return bytes && parseJson<EventDetail>(bytes);
    },
    async query(query = {}) {
      return parseJson<EventPage>(await port.request('query', { query: newestFirst(query) }));
    },
    live(query, listener, onError = reportError) {
      const live = ++lastLive;
      const read = createPageReader();
      port.setLive(live, {
        page: (bytes) => listener(read.page(bytes)),
        patches: (bytes) => listener(read.patches(bytes)),
      });
      port.request('live', { live, query: newestFirst(query) }).catch(onError);
      return () => {
        port.setLive(live, null);
        port.request('unlive', { live }).catch(() => {}); // closed: it has ended anyway
      };
    },
    get status() {
      return status;
    },
    onStatus(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async setToken(token) {
      await port.request('token', { token });
    },
    export: (options = {}) => exportEvents(port, status.events, options),
    import: (source, options = {}) => importEvents(port, source, options),
    verify: (options = {}) => verifyEvents(port, options),
    async flush() {
      await port.request('flush', {});
    },
    async close() {
      try {
        await port.request('close', {});
      } catch (error) {
        if (!(error instanceof CuesheetError && error.code === 'closed')) throw error;
      } finally {
        port.end();
      }
    },
  };
}

function serverUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text, globalThis.location?.href);
  } catch {
    throw new CuesheetError('invalid', `server: '${text}' is no URL`);
  }
  if (!/^https?:$/.test(url.protocol)) {
    throw new CuesheetError('invalid', `server: expected an http or https URL, got '${text}'`);
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

/** A live query without an error listener fails loudly, as an uncaught error. */
function reportError(error: Error): void {
  queueMicrotask(() => {
    throw error;
  });
}
