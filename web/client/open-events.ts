import type { Durability } from '../../wasm/host-files.ts';
import type { Status } from '../../worker/browser/protocol.ts';
import { createConnect } from './connect.ts';
import { databaseName } from './database-name.ts';
import { CuesheetError } from './error.ts';
import { iterate, watch } from './loops.ts';
import { forgetDatabase, onForgotten } from './forget.ts';
import { createPageReader, parseJson, parsePage, toJson } from './page-reader.ts';
import { askToPersist, onHide } from './page-storage.ts';
import { serverUrl } from './server-url.ts';
import { exportEvents, importEvents, verifyEvents } from './transfer.ts';
import { watchRow } from './stores.ts';
import type {
  Counts,
  EnrolledJob,
  EventDetail,
  EventPage,
  EventQuery,
  EventRow,
  Events,
  EventsStatus,
  EventTree,
  LocalWrite,
  OpenOptions,
  Progress,
  ReadOptions,
  TopicOf,
  WriteOptions,
} from './types.ts';
import { createWorkerPort } from './worker-port.ts';

const DEFAULT_PAGE_SIZE = 100;
const INITIAL_STATUS: EventsStatus = {
  connection: 'stopped',
  storage: 'memory',
  problem: null,
  message: null,
  saving: false,
  queuedWrites: 0,
  refusedWrites: 0,
  history: null,
  events: 0,
  sequence: 0,
  persisted: null,
  ended: null,
};

/**
 * Opens (or makes) the database of a server, a user and a name, in a worker of its own, and connects to the
 * server if one is given. Several tabs may open the same one.
 *
 * @throws CuesheetError `state` when the worker or its wasm cannot start, `corrupt` when files are
 *   damaged, `invalid` when `server` is no http(s) URL or `scope` is wrong.
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
    tell(next);
    if (refused && options.onAuth) void renew(options.onAuth);
  });

  function tell(news: Partial<EventsStatus>) {
    status = { ...status, ...news };
    for (const listener of listeners) listener(status);
  }

  const database = databaseName(server, options.user ?? null, options.name ?? 'default');
  const liveErrors = new Map<number, (error: Error) => void>();
  const durabilityOf = (write?: WriteOptions): { durability: Durability } => ({
    durability: write?.durability ?? options.durability ?? 'relaxed',
  });
  const stopHiding = onHide(() => {
    void port.request('flush', durabilityOf()).catch(() => {}); // told by the status
  });
  const stopForgetting = onForgotten(database, forgotten);

  function end(ended: 'closed' | 'forgotten', error?: CuesheetError) {
    stopHiding();
    stopForgetting();
    port.end(error);
    if (!status.ended) tell({ connection: 'stopped', saving: false, ended });
  }

  function forgotten() {
    const error = new CuesheetError('forgotten', FORGOTTEN);
    end('forgotten', error);
    tell({ storage: 'memory', problem: null, message: FORGOTTEN, events: 0 });
    for (const onError of liveErrors.values()) onError(error);
    liveErrors.clear();
  }

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
    const opened: Status = await port.request('open', {
      database,
      wasmUrl: new URL(wasmUrl, globalThis.location?.href).href,
      server,
      token: options.token ?? null,
      user: options.user ?? null,
      scope: options.scope ?? null,
      ...durabilityOf(),
    });
    status = { ...status, ...opened };
  } catch (error) {
    end('closed');
    throw error;
  }

  const newestFirst = (query: EventQuery): string =>
    query.first === undefined && query.last === undefined
      ? toJson({ ...query, last: DEFAULT_PAGE_SIZE })
      : toJson(query);

  const events: Events = {
    async count(query = {}, { signal } = {}) {
      return parseJson<Counts>(await port.request('count', { query: toJson(query) }, signal));
    },
    async histogram({ buckets, from, to, ...query } = {}, options = {}) {
      const histogram = {
        ...(buckets !== undefined && { buckets }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      };
      const counts = await events.count({ ...query, histogram }, options);
      return counts.histogram ?? { from: null, to: null, counts: [] };
    },
    progress: (id, listener) =>
      watchRow(events, id, async (isCurrent) => {
        const bytes = await port.request('progress', { id });
        if (isCurrent()) listener(bytes && parseJson<Progress>(bytes));
      }),
    dispatch: (event, write) =>
      port.request('dispatch', { event, ...durabilityOf(write) }, write?.signal),
    async update(id, changes, write) {
      await port.request('update', { id, changes, ...durabilityOf(write) }, write?.signal);
    },
    async remove(id, write) {
      const request = { id, ...durabilityOf(write) };
      return (await port.request('remove', request, write?.signal)).removed;
    },
    async get(id, { signal } = {}) {
      const bytes = await port.request('get', { id }, signal);
      return bytes && parseJson<EventDetail>(bytes);
    },
    async query<T extends string>(query: EventQuery<T> = {}, { signal }: ReadOptions = {}) {
      const bytes = await port.request('query', { query: newestFirst(query) }, signal);
      return parsePage<TopicOf<T>>(bytes);
    },
    iterate: <T extends string>(query: EventQuery<T> = {}, options: ReadOptions = {}) =>
      iterate(events, query, options) as AsyncIterable<EventRow<TopicOf<T>>>,
    watch: <T extends string>(query: EventQuery<T>, options: ReadOptions = {}) =>
      watch(events, query, options) as AsyncIterable<EventPage<TopicOf<T>>>,
    async tree(id, { signal } = {}) {
      const bytes = await port.request('tree', { id }, signal);
      return bytes && parseJson<EventTree>(bytes);
    },
    async enroll(request, write) {
      const asked = { request, ...durabilityOf(write) };
      const bytes = await port.request('enroll', asked, write?.signal);
      return bytes && parseJson<EnrolledJob>(bytes);
    },
    live<T extends string>(
      query: EventQuery<T>,
      listener: Parameters<typeof events.live<T>>[1],
      onError?: (error: Error) => void,
    ) {
      const live = ++lastLive;
      if (onError) liveErrors.set(live, onError);
      const read = createPageReader();
      port.setLive(live, {
        page: (bytes) => listener(read.page(bytes) as EventPage<TopicOf<T>>, null),
        patches(bytes) {
          const { page, patches } = read.patches(bytes);
          listener(page as EventPage<TopicOf<T>>, patches);
        },
      });
      const ask = async () => port.request('live', { live, query: newestFirst(query) });
      ask().catch((error) => {
        if (!onError && error.code !== 'forgotten') reportError(error);
        else if (liveErrors.delete(live)) onError?.(error); // or it has been told
      });
      return () => {
        port.setLive(live, null);
        liveErrors.delete(live);
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
    outbox: {
      list: async () => parseJson<LocalWrite[]>(await port.request('outbox', {})),
      async retry(number) {
        await port.request('retry', { number });
      },
      async discard(number) {
        await port.request('discard', { number });
      },
    },
    async setToken(token) {
      await port.request('token', { token });
    },
    export: (options = {}) => exportEvents(port, status.events, options),
    import: (source, options = {}) => importEvents(port, source, options),
    verify: (options = {}) => verifyEvents(port, options),
    async flush(write) {
      await port.request('flush', durabilityOf(write), write?.signal);
    },
    async persist() {
      const persisted = await askToPersist();
      tell({ persisted });
      return persisted;
    },
    async forget() {
      forgotten();
      await forgetDatabase(database);
    },
    async close() {
      try {
        await port.request('close', {});
      } catch (error) {
        const code = error instanceof CuesheetError ? error.code : null;
        if (code !== 'closed' && code !== 'forgotten') throw error;
      } finally {
        end('closed');
      }
    },
  };
  return events;
}

const FORGOTTEN = 'this database was forgotten: openEvents() makes a new one';

/** A live query without an error listener fails loudly, as an uncaught error. */
function reportError(error: Error): void {
  queueMicrotask(() => {
    throw error;
  });
}
