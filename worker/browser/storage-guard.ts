import type { SavingStep } from '../../wasm/commit-loop.ts';
import type { Durability, HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import {
  asProblem,
  type StorageProblem,
  type StorageProblemKind,
} from '../../wasm/storage-problem.ts';

/** After this many commits in a row without space, events are removed to make some. */
const FULL_LIMIT = 3;
/** Longest wait for that, in milliseconds. */
const FREEING_TIMEOUT_MS = 30_000;
/** In memory only: how often to try again to save, in milliseconds. */
const MEMORY_RETRY_MS = 5_000;

/** The storage's part of the status (protocol.ts). */
export interface StorageState {
  storage: 'durable' | 'memory';
  problem: StorageProblemKind | null;
  message: string | null;
}

export interface StorageListener {
  /**
   * The disk is full: remove what need not be kept. The next commits save that; if they fail too, the store
   * continues in memory.
   */
  onFull(): Promise<void>;
  /** The state has changed. */
  onChange(): void;
}

export interface GuardedFiles extends HostFiles {
  state(): StorageState;
  /** For the commit loop. The state shows a checkpoint that failed until one succeeds. */
  ended(step: SavingStep, error: Error | null): void;
  /**
   * Tries now to save what is in memory only because the disk was full. Does nothing without storage.
   * @throws StorageProblem when there is still no space.
   */
  flush(): Promise<void>;
  listen(listener: StorageListener): void;
  /** Ends it: nothing more is tried or written, and commits fail. */
  close(): void;
}

/** Files in memory, because of `reason`: a sentence without its full stop. */
export function memoryOnly(reason: string): GuardedFiles {
  const message = `${reason}: events last until it closes`;
  return {
    ...memoryFiles(),
    state: () => ({ storage: 'memory', problem: 'unavailable', message }),
    ended() {},
    flush: () => Promise.resolve(),
    listen() {},
    close() {},
  };
}

/**
 * Keeps a store running when its disk is full. A failed commit rejects, so no writer believes that its write
 * is saved. After three failures in a row without space, `onFull` may make some. If commits still fail, the
 * store is in memory only, as its state says: commits resolve and save nothing, until a retry can save
 * everything since then.
 */
export function guardStorage(
  files: HostFiles & { close?(): void },
  retryMs: number = MEMORY_RETRY_MS,
  freeingTimeoutMs: number = FREEING_TIMEOUT_MS,
): GuardedFiles {
  let listener: StorageListener = { onFull: () => Promise.resolve(), onChange() {} };
  let fullCommits = 0;
  const { state, enter, settle, lose, checkpointed, isEnded, end } = createState(() => {
    listener.onChange();
  });
  const retry = createRetry(flush, refused, isEnded, retryMs);
  const freeing = createFreeing(() => listener.onFull(), freeingTimeoutMs);

  function saved() {
    fullCommits = 0;
    freeing.reset();
    settle();
  }

  function refused(problem: StorageProblem) {
    const { kind, message } = problem;
    const text = `${message}: changes are not saved, but will be tried again`;
    if (kind === 'lost') lose(message);
    if (kind !== 'quota') return enter({ storage: 'durable', problem: kind, message: text });
    fullCommits++;
    if (freeing.state() === 'done') {
      enter({ storage: 'memory', problem: kind, message: `${message}: ${IN_MEMORY}` });
      retry.later();
      return;
    }
    enter({ storage: 'durable', problem: kind, message: text });
    if (fullCommits >= FULL_LIMIT && freeing.state() === 'not yet') void freeing.begin();
  }

  async function commit(durability: Durability): Promise<void> {
    if (state().storage === 'memory' && !isEnded()) return;
    try {
      await files.commit(durability);
    } catch (error) {
      const problem = asProblem(error);
      refused(problem);
      throw problem;
    }
    saved();
  }

  async function flush(): Promise<void> {
    if (state().storage === 'durable') return;
    await files.commit('relaxed');
    retry.cancel();
    saved();
  }

  return {
    ...files,
    state,
    ended(step, error) {
      if (step === 'checkpoint') checkpointed(error); // `commit` has the other outcomes
    },
    flush,
    listen(to) {
      listener = to;
    },
    close() {
      retry.cancel();
      end();
      files.close?.();
    },
    commit,
  };
}

const DURABLE: StorageState = { storage: 'durable', problem: null, message: null };

/** The state, which calls the listener when it changes, until the end. */
function createState(changed: () => void) {
  let state = DURABLE;
  let loss: StorageState | null = null;
  let unwritten: StorageState | null = null; // until a checkpoint is written
  let hasFailed = false; // the last commit
  let ended = false;

  function show(next: StorageState) {
    if (ended || JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    changed();
  }

  function settle() {
    hasFailed = false;
    show(loss ?? unwritten ?? DURABLE);
  }

  return {
    state: () => state,
    isEnded: () => ended,
    /** After a commit that failed. */
    enter(next: StorageState) {
      hasFailed = true;
      show(next);
    },
    /** After a commit that succeeded. */
    settle,
    /** It stays in the state after later commits. */
    lose(message: string) {
      loss = { storage: 'durable', problem: 'lost', message };
    },
    checkpointed(error: Error | null) {
      const message = `${error?.message}: ${NO_CHECKPOINT}`;
      unwritten = error && { storage: 'durable', problem: 'checkpoint', message };
      if (!hasFailed) settle();
    },
    end() {
      ended = true;
    },
  };
}

/** While in memory only: tries every `retryMs` whether there is space again. */
function createRetry(
  flush: () => Promise<void>,
  fenced: (problem: StorageProblem) => void,
  isEnded: () => boolean,
  retryMs: number,
) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  function later() {
    if (isEnded()) return;
    const again = (error: unknown) => {
      const problem = asProblem(error);
      // The next commit fails with it as well.
      if (problem.kind === 'fenced') fenced(problem);
      else later();
    };
    timer = setTimeout(() => void flush().catch(again), retryMs);
  }
  return { later, cancel: () => clearTimeout(timer) };
}

/** Room is made at most once between two commits that succeed. */
function createFreeing(makeRoom: () => Promise<void>, timeoutMs: number) {
  let state: 'not yet' | 'at it' | 'done' = 'not yet';
  return {
    state: () => state,
    reset() {
      state = 'not yet';
    },
    async begin(): Promise<void> {
      state = 'at it';
      let limit: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => {
        limit = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([makeRoom().catch(() => {}), late]);
      clearTimeout(limit);
      if (state === 'at it') state = 'done';
    },
  };
}

const NO_CHECKPOINT =
  'no checkpoint can be written; what is new is saved, but the database grows, and opens more slowly';
const IN_MEMORY =
  'what is new is in memory only and lasts until this page closes, or space is free';
