import type { Durability, HostFiles } from './host-files.ts';
import type { CallWithFiles } from './call-with-files.ts';
import { CoreCrash, CoreError, type CoreStore } from './load.ts';
import { type Effect, Method } from './methods.ts';
import { turn } from './turn.ts';

/** Waits between attempts after a commit that failed, in milliseconds; the last one repeats. */
const RETRY_MS = [100, 300, 1000, 3000, 5000];
/** After a checkpoint that failed, later commits try it again no sooner than this, in milliseconds. */
const CHECKPOINT_RETRY_MS = 10_000;

/** A commit makes changes durable, a checkpoint makes the journal short. Both are tried again. */
export type SavingStep = 'commit' | 'checkpoint';

/** The host of a commit loop. */
export interface CommitListener {
  /** Carries out effects, after the commit that covers them. */
  carryOut(effects: Effect[]): void;
  /** A step has succeeded (null), or failed. Not called once the loop was stopped, or the core has ended. */
  ended(step: SavingStep, error: Error | null): void;
}

export interface CommitLoop {
  /**
   * To be called after every call that may have changed the store. Resolves when all changes so far are
   * durable and their effects are carried out. The commit is `strict` when one of its writers asks for that.
   * Rejects when the commit failed: the records stay in memory, and the loop writes them again.
   */
  settle(durability?: Durability): Promise<void>;
  /** Writes the checkpoint that is due, if any, as after a commit. Never rejects. */
  maintain(): Promise<void>;
  /** Commits what waits, then stops; further calls reject. */
  stop(): Promise<void>;
  /** Commits nothing any more: waiting and further calls reject with the reason. */
  abandon(reason: Error): void;
}

interface Batch {
  durability: Durability;
  waiters: { resolve: () => void; reject: (error: Error) => void }[];
}

/**
 * Group commit: all writes during a commit share the next one. Effects leave after the commit that covers
 * them, so nobody sees an event that a crash could undo. Between commits, when the core says that one is due,
 * it writes a checkpoint, a slice at a time.
 */
export function createCommitLoop(
  { store, call }: { store: CoreStore; call: CallWithFiles },
  files: HostFiles,
  listener: CommitListener,
  durability: Durability = 'relaxed',
): CommitLoop {
  const emptyBatch = (): Batch => ({ durability, waiters: [] });
  let waiting = emptyBatch();
  let running: Promise<void> | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let stopped: Error | null = null;
  const commit = createCommit(store, files, listener.carryOut, () => void maintain());
  const maintain = createMaintenance(call, settle, {
    async mayGoOn() {
      await running;
      return !stopped;
    },
    ended: (error) => report('checkpoint', error),
  });

  function report(step: SavingStep, error: Error | null) {
    if (!stopped && !(error instanceof CoreCrash)) listener.ended(step, error);
  }

  async function commitOnce(batch: Batch): Promise<void> {
    try {
      await commit(batch.durability);
      failures = 0;
      report('commit', null);
      for (const waiter of batch.waiters) waiter.resolve();
    } catch (error) {
      report('commit', error as Error);
      for (const waiter of batch.waiters) waiter.reject(error as Error);
      const delay = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
      clearTimeout(retry);
      if (!stopped) retry = setTimeout(start, delay);
    }
  }

  async function run(): Promise<void> {
    do {
      const batch = waiting;
      waiting = emptyBatch();
      await commitOnce(batch);
    } while (waiting.waiters.length > 0);
    running = null;
  }

  function start(): void {
    running ??= run();
  }

  function settle(wanted: Durability = durability): Promise<void> {
    if (stopped) return Promise.reject(stopped);
    if (wanted === 'strict') waiting.durability = wanted;
    const settled = new Promise<void>((resolve, reject) => {
      waiting.waiters.push({ resolve, reject });
    });
    // After the current turn, so that requests that arrived together share this commit.
    if (!running) queueMicrotask(start);
    return settled;
  }

  return {
    settle,
    maintain,
    async stop() {
      clearTimeout(retry);
      const last = settle();
      stopped = new Error('the store is closed');
      await last;
      await running;
    },
    abandon(reason) {
      clearTimeout(retry);
      stopped = reason;
      for (const waiter of waiting.waiters.splice(0)) waiter.reject(reason);
    },
  };
}

/** One commit of everything before this moment; the effects that it covers are carried out after it. */
function createCommit(
  store: CoreStore,
  files: HostFiles,
  carryOut: (effects: Effect[]) => void,
  maintenanceIsDue: () => void,
): (durability: Durability) => Promise<void> {
  let held: Effect[] = [];

  return async (durability) => {
    // Records and effects are cut at one point.
    held = held.concat(store.takeEffects());
    if (!store.call<{ needed: boolean }>(Method.commit).header.needed) {
      // What was committed relaxed may not be on the disk yet.
      if (durability === 'strict') await files.commit('strict');
      else files.assertHeld?.(); // the answer says what is stored, also when it stored nothing
      carryOut(held.splice(0));
      return;
    }
    const effects = held;
    held = [];
    try {
      await files.commit(durability);
    } catch (error) {
      held = effects.concat(held);
      store.call(Method.committed, { ok: false });
      throw error;
    }
    const { header } = store.call<{ maintenance: boolean }>(Method.committed, { ok: true });
    carryOut(effects);
    if (header.maintenance) maintenanceIsDue();
  };
}

/**
 * Writes a checkpoint a slice at a time. After a failure, a later commit tries again. `mayGoOn` resolves
 * when no commit is under way, and says whether the loop continues; `ended` gets the outcome.
 */
function createMaintenance(
  call: CallWithFiles,
  settle: () => Promise<void>,
  on: { mayGoOn: () => Promise<boolean>; ended: (error: Error | null) => void },
): () => Promise<void> {
  let maintaining = false;
  let failedAt = Number.NEGATIVE_INFINITY; // by the clock of `performance`

  /** False when it has to be tried again. */
  async function writeSlices(): Promise<boolean> {
    try {
      for (let more = true; more;) {
        await turn();
        if (!(await on.mayGoOn())) return false;
        ({ more } = (await call<{ more: boolean }>(Method.maintain)).header);
      }
      return true;
    } catch (error) {
      // While files were loaded, a commit began.
      if (error instanceof CoreError && error.code === 'state') return false;
      failedAt = performance.now();
      on.ended(error as Error);
      return false;
    }
  }

  return async () => {
    if (maintaining || performance.now() < failedAt + CHECKPOINT_RETRY_MS) return;
    maintaining = true;
    if (await writeSlices()) {
      on.ended(null);
      // The commit that writes the manifest is tried again, and reported, like every other.
      await settle().catch(() => {});
    }
    maintaining = false;
  };
}
