/** The place of this worker in the queue for a lock. */
export interface LockQueue {
  enter(): void;
  /**
   * Steals the lock from its holder, when this worker is in the queue. `unsure`: the holder has not handed over
   * what it had, and may only be frozen.
   */
  steal(unsure: boolean): void;
  leave(): void;
}

/**
 * `granted` is called when this worker holds the lock, which it does until `held` settles; null releases it
 * at once. When another worker has stolen the lock, `lost` gets what `granted` returned; null when the queue
 * was left.
 */
export function createLockQueue<T extends { held: Promise<void> }>(
  locks: LockManager,
  name: string,
  granted: (unsure: boolean) => T | null,
  lost: (mine: T | null) => void,
): LockQueue {
  let waiting: AbortController | null = null;

  function request(options: LockOptions, unsure: boolean) {
    let mine: T | null = null;
    locks
      .request(name, options, () => {
        waiting = null;
        mine = granted(unsure);
        return mine?.held;
      })
      .catch(() => lost(mine));
  }

  return {
    enter() {
      waiting = new AbortController();
      request({ signal: waiting.signal }, false);
    },
    steal(unsure) {
      if (!waiting) return;
      waiting.abort();
      waiting = null;
      request({ steal: true }, unsure);
    },
    leave: () => waiting?.abort(),
  };
}
