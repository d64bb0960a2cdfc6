import { type CoreStore, nowMicros } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
import { isCrash } from './worker-error.ts';

/** The scope is applied at most this often, in milliseconds. */
const RETAIN_MS = 60_000;

/** Applies the scope of a database; the core decides which events to remove. */
export interface Retention {
  /**
   * Gives the core the scope before any event of a server is stored, and removes events outside of it.
   * @throws CoreError `invalid` naming the key of the scope that is wrong.
   */
  start(): void;
  /** To be called when the store has changed. */
  changed(): void;
  /**
   * Removes the oldest tenth, except without server and without scope, because then the events exist only
   * here. Returns how many were removed.
   */
  makeRoom(): number;
  /** Nothing is called any more. */
  stop(): void;
}

export function createRetention(
  store: CoreStore,
  scope: object | null,
  isReplica: boolean,
  settle: () => Promise<void>,
): Retention {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  function retain(body: object): { removed: number; more: boolean } {
    return store.call<{ removed: number; more: boolean }>(
      Method.retain,
      { now: nowMicros() },
      JSON.stringify(body),
    ).header;
  }

  /** A slice at a time, each durable before the next, so that queries are answered in between. */
  async function run(): Promise<void> {
    let delay = RETAIN_MS;
    try {
      const { removed, more } = retain({ scope });
      if (removed > 0) await settle();
      if (more) delay = 0;
      else if (removed === 0) delay = -1;
    } catch (error) {
      if (isCrash(error)) return; // the worker ends
      // Blocks are not loaded yet, the journal is full, or a commit failed: it is tried again later.
    }
    timer = undefined;
    if (delay >= 0) plan(delay);
  }

  function plan(delayMs: number) {
    if (!stopped) timer ??= setTimeout(() => void run(), delayMs);
  }

  return {
    start() {
      if (scope === null) return;
      retain({ scope });
      plan(0);
    },
    changed() {
      if (scope !== null) plan(RETAIN_MS);
    },
    makeRoom() {
      if (!isReplica && scope === null) return 0;
      const { removed } = retain({ makeRoom: true });
      if (removed > 0) void settle().catch(() => {}); // the status reports the error
      return removed;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
