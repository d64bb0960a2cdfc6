import type { Durability } from './host-files.ts';
import { asProblem, StorageProblem } from './storage-problem.ts';

// The layout of Emscripten's IDBFS (libidbfs.js).
const VERSION = 21;
const STORE = 'FILE_DATA';
const INDEX = 'timestamp';
// Records of our own have no timestamp. IDBFS finds files by the index of timestamps, so it neither
// reads nor deletes these.
const EPOCH = 'epoch';
const SIZES = 'sizes';

/** Longest wait for IndexedDB to open, in milliseconds: some private modes never answer. */
export const OPEN_TIMEOUT_MS = 10_000;
/** Longest wait for a transaction, in milliseconds. */
const TRANSACTION_TIMEOUT_MS = 30_000;

/** A file as IDBFS stores it, under its full path. */
export interface FileRecord {
  timestamp: Date;
  mode: number;
  contents: Uint8Array;
}

export type Sizes = Record<string, number>;

/** What a database holds when its owner opens it. */
export interface Directory {
  /** The full paths of its files. */
  paths: string[];
  /** As the last owner wrote them; null when none did. */
  sizes: Sizes | null;
  /** What the browser says of why it deleted what was here before; null when it did not. */
  dataLoss: string | null;
}

/** What Chromium adds to the event: it deletes the databases of an origin when its files are damaged. */
type UpgradeEvent = IDBVersionChangeEvent & { dataLoss?: string; dataLossMessage?: string };

/** One IndexedDB database in the layout of IDBFS. Every method rejects with a StorageProblem. */
export interface Records {
  /**
   * Opens the database for its new owner: counts the epoch up, which refuses the owner before. When it
   * was `deleted` while this owner had it, another owner that has it since then is not disturbed: this
   * one is `fenced`. Where there is no space even for that, the first write counts it up.
   */
  claim(was?: 'deleted'): Promise<Directory>;
  /** The open connection, for IDBFS. */
  connection(): IDBDatabase | null;
  readonly epoch: number;
  /** The connection has ended since the last transaction: the database may be another one now. */
  readonly interrupted: boolean;
  /** The contents of the files at these paths; undefined for one that is not there. */
  read(paths: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /**
   * Writes and (null) deletes files and replaces the sizes, all or nothing, resolved when the
   * transaction is complete. Rejects with `fenced` when another owner has claimed the database, with
   * `lost` when it holds no epoch, because it was deleted.
   */
  write(
    files: ReadonlyMap<string, FileRecord | null>,
    sizes: Sizes | null,
    durability: Durability,
  ): Promise<void>;
  close(): void;
}

type Work<T> = (store: IDBObjectStore, refuse: (problem: StorageProblem) => void) => T;

/** The connection to one database, made anew when it has ended. */
interface Connection {
  now(): IDBDatabase | null;
  /** It has ended since the last call of `resume`. */
  readonly interrupted: boolean;
  resume(): void;
  /** See `Directory`. */
  readonly dataLoss: string | null;
  transact<T>(mode: IDBTransactionMode, durability: Durability, work: Work<T>): Promise<T>;
  close(): void;
}

function createConnection(database: string, openTimeoutMs: number): Connection {
  let connection: IDBDatabase | null = null;
  let interrupted = false;
  let closed = false;
  let dataLoss: string | null = null;

  async function connect(): Promise<IDBDatabase> {
    if (closed) throw new StorageProblem('closed', 'the database was closed');
    const gone = () => {
      if (connection === opened) interrupt();
    };
    const opened = await openDatabase(database, openTimeoutMs, gone, (event) => {
      if (event.dataLoss === 'total') dataLoss = event.dataLossMessage || 'no reason given';
    });
    connection = opened;
    return opened;
  }

  function interrupt() {
    connection = null;
    interrupted = true;
  }

  return {
    now: () => connection,
    get interrupted() {
      return interrupted;
    },
    resume() {
      interrupted = false;
    },
    get dataLoss() {
      return dataLoss;
    },
    async transact(mode, durability, work) {
      try {
        const transaction = begin(connection ?? (await connect()), mode, durability);
        if (transaction) return await complete(transaction, work);
        interrupt(); // closed, and nobody told us
        return await complete((await connect()).transaction(STORE, mode, { durability }), work);
      } catch (error) {
        throw asProblem(error);
      }
    },
    close() {
      closed = true;
      connection?.close();
      connection = null;
    },
  };
}

// Not only counted: a database that was deleted and made anew must not repeat an epoch.
const after = (last: unknown) => Math.max(Number(last ?? 0) + 1, Date.now());

const directory = (store: IDBObjectStore) => ({
  paths: store.index(INDEX).getAllKeys(),
  sizes: store.get(SIZES),
});

/** Names the database; nothing is opened before `claim`. */
export function createRecords(database: string, openTimeoutMs: number = OPEN_TIMEOUT_MS): Records {
  const connection = createConnection(database, openTimeoutMs);
  const { transact } = connection;
  let epoch = 0;
  let isCounted = true; // the epoch is this owner's own

  return {
    get epoch() {
      return epoch;
    },
    get interrupted() {
      return connection.interrupted;
    },
    connection: connection.now,
    async claim(was) {
      isCounted = true;
      const found = await countUp(transact, was).catch((error: StorageProblem) => {
        if (error.kind !== 'quota' || was) throw error;
        isCounted = false;
        return readOnly(transact);
      });
      ({ epoch } = found);
      connection.resume();
      return {
        paths: found.paths.result as string[],
        sizes: (found.sizes.result as Sizes | undefined) ?? null,
        dataLoss: connection.dataLoss,
      };
    },
    async read(paths) {
      const requests = await transact('readonly', 'relaxed', (store) =>
        paths.map((path) => store.get(path)),
      );
      return requests.map((request) => (request.result as FileRecord | undefined)?.contents);
    },
    async write(files, sizes, durability) {
      const next = isCounted ? epoch : after(epoch);
      await transact('readwrite', durability, (store, refuse) => {
        const stored = store.get(EPOCH);
        stored.onsuccess = () => {
          const problem = problemOf(stored.result, epoch, database);
          if (problem) refuse(problem);
          else if (!isCounted) store.put(next, EPOCH);
        };
        putAll(store, files, sizes);
        // A browser flushes a transaction that writes; the same number, so nothing changes.
        if (!sizes && files.size === 0) store.put(epoch, EPOCH);
      });
      epoch = next;
      isCounted = true;
      connection.resume();
    },
    close: connection.close,
  };
}

/** The next epoch, and what the database holds. */
async function countUp(transact: Connection['transact'], was: 'deleted' | undefined) {
  let epoch = 0;
  const found = await transact('readwrite', 'relaxed', (store, refuse) => {
    const last = store.get(EPOCH);
    last.onsuccess = () => {
      if (was && last.result !== undefined) return refuse(taken());
      epoch = after(last.result);
      store.put(epoch, EPOCH);
    };
    return directory(store);
  });
  return { epoch, ...found };
}

/** The last epoch: a full disk still shows what it has. */
async function readOnly(transact: Connection['transact']) {
  const { last, ...found } = await transact('readonly', 'relaxed', (store) => ({
    last: store.get(EPOCH),
    ...directory(store),
  }));
  if (last.result === undefined) throw new StorageProblem('quota', 'there is no space');
  return { epoch: Number(last.result), ...found };
}

function putAll(
  store: IDBObjectStore,
  files: ReadonlyMap<string, FileRecord | null>,
  sizes: Sizes | null,
): void {
  for (const [path, record] of files) {
    if (record) store.put(record, path);
    else store.delete(path);
  }
  if (sizes) store.put(sizes, SIZES);
}

/** Null: the epoch that the database holds is the owner's. */
function problemOf(stored: unknown, epoch: number, database: string): StorageProblem | null {
  if (stored === epoch) return null;
  if (stored !== undefined) return taken();
  return new StorageProblem('lost', `IndexedDB ${database} was deleted`);
}

const taken = () => new StorageProblem('fenced', 'another tab owns this database now');

/** Null when the connection is closed. */
function begin(connection: IDBDatabase, mode: IDBTransactionMode, durability: Durability) {
  try {
    return connection.transaction(STORE, mode, { durability });
  } catch (error) {
    if ((error as Error).name === 'InvalidStateError') return null;
    throw error;
  }
}

/** Resolves with the value of `work` when the transaction is complete. */
function complete<T>(transaction: IDBTransaction, work: Work<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let problem: unknown = null;
    const refuse = (reason: unknown) => {
      problem = reason;
      reject(reason);
      try {
        transaction.abort();
      } catch {
        // over already
      }
    };
    const timer = setTimeout(() => {
      refuse(new StorageProblem('unavailable', 'IndexedDB does not finish a transaction'));
    }, TRANSACTION_TIMEOUT_MS);
    transaction.onabort = () => {
      clearTimeout(timer);
      reject(problem ?? transaction.error);
    };
    try {
      const value = work(transaction.objectStore(STORE), refuse);
      transaction.oncomplete = () => {
        clearTimeout(timer);
        resolve(value);
      };
    } catch (error) {
      clearTimeout(timer);
      refuse(error);
    }
  });
}

/**
 * `gone` is called when the connection has ended: by the browser, or because another tab asked; `made`
 * when the database was not there.
 */
function openDatabase(
  name: string,
  timeoutMs: number,
  gone: () => void,
  made: (event: UpgradeEvent) => void,
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const { indexedDB } = globalThis as { indexedDB?: IDBFactory };
    if (!indexedDB) throw new StorageProblem('unavailable', 'there is no IndexedDB');
    let late = false;
    let reason = 'IndexedDB does not answer';
    const timer = setTimeout(() => {
      late = true;
      reject(new StorageProblem('unavailable', reason));
    }, timeoutMs);
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = (event) => {
      made(event);
      const { result: connection, transaction } = request;
      const store = connection.objectStoreNames.contains(STORE)
        ? transaction?.objectStore(STORE)
        : connection.createObjectStore(STORE);
      if (store && !store.indexNames.contains(INDEX)) store.createIndex(INDEX, INDEX);
    };
    request.onblocked = () => {
      reason = 'another tab holds an older version of the database: close it';
    };
    request.onerror = (event) => {
      clearTimeout(timer);
      event.preventDefault();
      reject(asProblem(request.error));
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      const connection = request.result;
      connection.onclose = gone;
      connection.onversionchange = () => {
        connection.close(); // or the other tab could not delete or upgrade it
        gone();
      };
      if (late) connection.close();
      else resolve(connection);
    };
  });
}
