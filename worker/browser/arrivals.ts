import { WorkerError } from './worker-error.ts';

/** Longest wait until what the server took is here as well, in milliseconds. */
const ARRIVAL_TIMEOUT_MS = 10_000;

/** Writes through the server that wait until their event has come back to this store. */
export interface Arrivals {
  /**
   * Resolves when `isHere` says so, asked now and after every change.
   * @throws WorkerError `timeout`: the server has it, this store does not yet.
   */
  wait(id: string, isHere: () => boolean): Promise<void>;
  /** To be called when the store has changed. */
  changed(): void;
}

interface Waiting {
  isHere: () => boolean;
  resolve: () => void;
  timer: ReturnType<typeof setTimeout>;
}

export function createArrivals(timeoutMs: number = ARRIVAL_TIMEOUT_MS): Arrivals {
  const waiting = new Set<Waiting>();
  return {
    wait(id, isHere) {
      if (isHere()) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(entry);
          const text = `the server took event ${id}, but it has not arrived here within ${timeoutMs} ms`;
          reject(new WorkerError('timeout', text));
        }, timeoutMs);
        const entry: Waiting = { isHere, resolve, timer };
        waiting.add(entry);
      });
    },
    changed() {
      for (const entry of waiting) {
        if (!entry.isHere()) continue;
        waiting.delete(entry);
        clearTimeout(entry.timer);
        entry.resolve();
      }
    },
  };
}
