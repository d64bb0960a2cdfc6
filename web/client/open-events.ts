import type { Durability } from '../../wasm/host-files.ts';
import type { Status } from '../../worker/browser/protocol.ts';
import { PROTOCOL_VERSION } from '../../worker/browser/versions.ts';
import { createConnect } from './connect.ts';
import { databaseName } from './database-name.ts';
import { CuesheetError, reportError } from './error.ts';
import { forgetDatabase, onForgotten } from './forget.ts';
import { createLivePages } from './live-pages.ts';
import { askToPersist, onHide } from './page-storage.ts';
import { createReads } from './reads.ts';
import { serverUrl } from './server-url.ts';
import { createStatus } from './status.ts';
import { exportEvents, importEvents, verifyEvents } from './transfer.ts';
import type { Events, OpenOptions, WriteOptions } from './types.ts';
import { createWorkerPort, type WorkerPort } from './worker-port.ts';
import { createWrites } from './writes.ts';

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
  const database = databaseName(server, options.user ?? null, options.name ?? 'default');
  const durabilityOf = (write?: WriteOptions): { durability: Durability } => ({
    durability: write?.durability ?? options.durability ?? 'relaxed',
  });
  const status = createStatus();
  const port = createWorkerPort(createConnect(workerUrl), (next) => {
    const refused =
      next.connection === 'unauthorized' && status.now().connection !== 'unauthorized';
    status.tell({ reload: null, ...next });
    if (refused && options.onAuth) void renew(port, options.onAuth);
  });
  const pages = createLivePages(port);
  const stopHiding = onHide(() => {
    void port.request('flush', durabilityOf()).catch(() => {}); // the status reports the error
  });
  const stopForgetting = onForgotten(database, forgotten);

  function end(ended: 'closed' | 'forgotten', error?: CuesheetError) {
    stopHiding();
    stopForgetting();
    port.end(error);
    if (!status.now().ended) status.tell({ connection: 'stopped', saving: false, ended });
  }

  function forgotten() {
    const error = new CuesheetError('forgotten', FORGOTTEN);
    end('forgotten', error);
    status.tell({ storage: 'memory', problem: null, message: FORGOTTEN, events: 0 });
    pages.end(error);
  }

  try {
    status.set(await open(port, database, server, { ...options, ...durabilityOf() }));
  } catch (error) {
    end('closed');
    throw error;
  }
  const events: Events = {
    // They call `live` of the page's own object, so that a page that wraps it sees every live query.
    ...createReads(port, (...query) => events.live(...query)),
    ...createWrites(port, durabilityOf),
    live: pages.live,
    get status() {
      return status.now();
    },
    onStatus: status.listen,
    async setToken(token) {
      await port.request('token', { token });
    },
    export: (options = {}) => exportEvents(port, status.now().events, options),
    import: (source, options = {}) => importEvents(port, source, options),
    verify: (options = {}) => verifyEvents(port, options),
    async persist() {
      const persisted = await askToPersist();
      status.tell({ persisted });
      return persisted;
    },
    async forget() {
      forgotten();
      await forgetDatabase(database);
    },
    close: () => close(port, () => end('closed')),
  };
  return events;
}

function open(
  port: WorkerPort,
  database: string,
  server: string | null,
  { wasmUrl, token, user, scope, memory, durability }: OpenOptions & { durability: Durability },
): Promise<Status> {
  const url = wasmUrl ?? new URL('./cuesheet.wasm', import.meta.url);
  return port.request('open', {
    database,
    wasmUrl: new URL(url, globalThis.location?.href).href,
    server,
    token: token ?? null,
    user: user ?? null,
    scope: scope ?? null,
    memory: memory ?? null,
    durability,
    version: PROTOCOL_VERSION,
  });
}

async function close(port: WorkerPort, end: () => void): Promise<void> {
  try {
    await port.request('close', {});
  } catch (error) {
    const code = error instanceof CuesheetError ? error.code : null;
    if (code !== 'closed' && code !== 'forgotten') throw error;
  } finally {
    end();
  }
}

async function renew(port: WorkerPort, onAuth: NonNullable<OpenOptions['onAuth']>): Promise<void> {
  try {
    const token = await onAuth();
    if (token) await port.request('token', { token });
  } catch (error) {
    reportError(error as Error);
  }
}

const FORGOTTEN = 'this database was forgotten: openEvents() makes a new one';
