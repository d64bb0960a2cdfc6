/**
 * Web Locks, where they work: only secure contexts (https or localhost) have them, and a page that may
 * store nothing is refused.
 */
export async function webLocks(): Promise<LockManager | null> {
  try {
    await navigator.locks.query();
    return navigator.locks;
  } catch {
    return null;
  }
}

/** Its holder is the owner of the database. The names of locks never change (docs/versions.md). */
export const databaseLock = (database: string) => `cuesheet:${database}`;

/** A worker holds it while it takes the database over from an owner of an older version. */
export const takeOverLock = (database: string) => `cuesheet-take-over:${database}`;

/** A page holds it while it is connected: when it is free again, the page has ended. */
export const pageLock = (page: string) => `cuesheet-page:${page}`;

/** A worker holds it as long as it lives. */
export const workerLock = (worker: string) => `cuesheet-worker:${worker}`;

/** The client that holds a lock; undefined when it is free. */
export async function holderOf(
  locks: Pick<LockManager, 'query'>,
  name: string,
): Promise<string | undefined> {
  const { held = [] } = await locks.query();
  return held.find((lock) => lock.name === name)?.clientId;
}

/** Resolves when the lock is held, with the function that releases it. */
export function holdLock(locks: LockManager, name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    locks.request(name, () => new Promise<void>((release) => resolve(release))).catch(reject);
  });
}

/** Whether one worker or page holds both locks. */
export async function areHeldTogether(
  locks: Pick<LockManager, 'query'>,
  one: string,
  other: string,
): Promise<boolean> {
  const { held = [] } = await locks.query();
  const holderOf = (name: string) => held.find((lock) => lock.name === name)?.clientId;
  return holderOf(one) !== undefined && holderOf(one) === holderOf(other);
}

/** Calls `then` once when the holder has released the lock, unless it is cancelled before. */
export function whenFree(
  locks: Pick<LockManager, 'request'>,
  name: string,
  then: () => void,
): () => void {
  const wait = new AbortController();
  locks.request(name, { signal: wait.signal }, then).catch(() => {}); // cancelled
  return () => wait.abort();
}
