/** The place of this worker in the queue for a lock. */
export interface LockQueue {
  enter(): void;
  /** Takes the lock from whoever has it, when this worker is in the queue. */
  steal(): void;
  leave(): void;
}

/**
 * `granted` is called with the lock held, until `held` settles; null lets go of it at once. `lost` gets what
 * it gave when another worker has stolen the lock; null when the queue was left.
 */
export function createLockQueue<T extends { held: Promise<void> }>(
  locks: LockManager,
  name: string,
  granted: (stolen: boolean) => T | null,
  lost: (mine: T | null) => void,
): LockQueue {
  let waiting: AbortController | null = null;

  function request(options: LockOptions) {
    let mine: T | null = null;
    locks
      .request(name, options, () => {
        waiting = null;
        mine = granted(options.steal === true);
        return mine?.held;
      })
      .catch(() => lost(mine));
  }

  return {
    enter() {
      waiting = new AbortController();
      request({ signal: waiting.signal });
    },
    steal() {
      if (!waiting) return;
      waiting.abort();
      waiting = null;
      request({ steal: true });
    },
    leave: () => waiting?.abort(),
  };
}
