import { serverPrefix, userPrefix } from './database-name.ts';
import { CuesheetError } from './error.ts';
import { serverUrl } from './server-url.ts';

/** Every page listens here: a message is the name of a database that is being forgotten. */
const CHANNEL = 'cuesheet-forget';
/** Longest wait for the worker that owns a database to end, in milliseconds; then it loses its lock. */
const OWNER_TIMEOUT_MS = 5_000;
/** Longest wait for IndexedDB to delete one database, in milliseconds. */
const DELETE_TIMEOUT_MS = 10_000;

/** Calls `ended` when any page of this origin forgets the database. Returns the function that ends it. */
export function onForgotten(database: string, ended: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    if (data === database) ended();
  };
  return () => channel.close();
}

/**
 * Removes everything of a user from this browser: all databases of the server and the user, whatever
 * their `name`. Events that are open on them, in any tab, end with the code `forgotten`.
 *
 * @throws CuesheetError `storage` when IndexedDB fails, or does not delete a database in time.
 * @example
 * await forgetUser({ server: 'https://ayon.example', user: 'alice' }); // she has signed out
 */
export async function forgetUser(who: { server?: string; user?: string }): Promise<void> {
  const server = who.server === undefined ? null : serverUrl(who.server);
  const prefix = userPrefix(server, who.user ?? null);
  for (const database of await storedDatabases(prefix)) await forgetDatabase(database);
}

/**
 * The users whose events of a server this browser has: for a page that starts offline and does not
 * know who was signed in. `''` = no user was given. Empty where the browser does not list its databases, or
 * lets the page store nothing.
 *
 * @throws CuesheetError `storage` when IndexedDB fails.
 * @example
 * const [user] = await storedUsers({ server: 'https://ayon.example' });
 */
export async function storedUsers(where: { server?: string } = {}): Promise<string[]> {
  const server = where.server === undefined ? null : serverUrl(where.server);
  const names = await storedDatabases(serverPrefix(server));
  return [...new Set(names.map((name) => decodeURIComponent(name.split(' ')[1] ?? '')))].sort();
}

async function storedDatabases(prefix: string): Promise<string[]> {
  const stored = await storedNames(`/cuesheet/${encodeURIComponent(prefix)}`);
  return [...new Set(stored.map((path) => decodeURIComponent(path.split('/')[2] ?? '')))];
}

/**
 * Notifies every page, waits until no worker writes any more, and deletes the database.
 * @throws CuesheetError `storage` when IndexedDB does not delete it in time.
 */
export async function forgetDatabase(database: string): Promise<void> {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(database);
  channel.close();
  await asOnlyOwner(database, async () => {
    const folder = `/cuesheet/${encodeURIComponent(database)}`;
    const found = await storedNames(folder);
    const names = found.filter((name) => name === folder || name.startsWith(`${folder}/`));
    await Promise.all([...new Set([...names, folder, `${folder}/cold`])].map(deleteDatabase));
  });
}

/** A worker that opens the database meanwhile waits, and finds it empty. */
async function asOnlyOwner(database: string, work: () => Promise<void>): Promise<void> {
  const locks = (navigator.locks as LockManager | undefined) ?? null;
  if (!locks) return work(); // then there are no files either
  if (await isDenied()) return;
  const name = `cuesheet:${database}`;
  const signal = AbortSignal.timeout(OWNER_TIMEOUT_MS);
  let owning = false;
  const begin = () => {
    owning = true;
    return work();
  };
  try {
    await locks.request(name, { signal }, begin);
  } catch (error) {
    if (owning) throw error;
    await locks.request(name, { steal: true }, work); // its owner is probably frozen
  }
}

/** The names of the databases of this origin that begin like this. */
async function storedNames(prefix: string): Promise<string[]> {
  const { indexedDB } = globalThis as { indexedDB?: IDBFactory };
  if (!indexedDB?.databases || (await isDenied())) return [];
  const databases = await indexedDB.databases().catch((error: Error) => {
    throw new CuesheetError('storage', `the browser does not list its databases: ${error.message}`);
  });
  return databases.map(({ name }) => name ?? '').filter((name) => name.startsWith(prefix));
}

/** Whether the user lets this page store nothing. Then nothing is stored, and the locks refuse too. */
async function isDenied(): Promise<boolean> {
  const locks = (navigator.locks as LockManager | undefined) ?? null;
  try {
    await locks?.query();
    return false;
  } catch (error) {
    return (error as Error).name === 'SecurityError';
  }
}

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { indexedDB } = globalThis as { indexedDB?: IDBFactory };
    if (!indexedDB) return resolve();
    let reason = 'IndexedDB does not answer';
    const refuse = () => reject(new CuesheetError('storage', `forget: '${name}': ${reason}`));
    const timer = setTimeout(refuse, DELETE_TIMEOUT_MS);
    const request = indexedDB.deleteDatabase(name);
    request.onblocked = () => {
      reason = 'another tab holds it; it is deleted when that tab closes';
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      resolve();
    };
    request.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      reason = request.error?.message ?? reason;
      refuse();
    };
  });
}
