import type { Durability, HostFiles } from '../../wasm/host-files.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import {
  asProblem,
  type StorageProblem,
  type StorageProblemKind,
} from '../../wasm/storage-problem.ts';

/** Commits refused for want of space, in a row, before something is thrown away to make some. */
const FULL_LIMIT = 3;
/** Longest wait for that, in milliseconds. */
const FREEING_TIMEOUT_MS = 30_000;
/** Memory only: how often it is tried whether there is space again, in milliseconds. */
const MEMORY_RETRY_MS = 5_000;

/** The storage's part of the status (protocol.ts). */
export interface StorageState {
  storage: 'durable' | 'memory';
  problem: StorageProblemKind | null;
  message: string | null;
}

export interface StorageListener {
  /**
   * The space is full: throw away what need not be kept. Its own changes go through the next commits;
   * if those are refused as well, the store goes on in memory.
   */
  onFull(): Promise<void>;
  /** The state is another one. */
  onChange(): void;
}

export interface GuardedFiles extends HostFiles {
  state(): StorageState;
  /**
   * Tries now to save what is in memory only for want of space; nothing to do where no storage is.
   * @throws StorageProblem when there is still no space.
   */
  flush(): Promise<void>;
  listen(listener: StorageListener): void;
  /** Ends it: nothing is tried or written any more, and a commit is refused. */
  close(): void;
}

/** Files in memory, because of `reason`: a sentence without its end. */
export function memoryOnly(reason: string): GuardedFiles {
  const message = `${reason}: events last until it closes`;
  return {
    ...memoryFiles(),
    state: () => ({ storage: 'memory', problem: 'unavailable', message }),
    flush: () => Promise.resolve(),
    listen() {},
    close() {},
  };
}

/**
 * Keeps a store going when its storage is full. A refused commit rejects, so nobody is told of a write
 * that is not saved. After three in a row for want of space `onFull` may make some; when commits are
 * refused still, the store is in memory only, and says so: commits resolve and keep nothing, until a
 * retry finds space for everything since then.
 */
export function guardStorage(
  files: HostFiles & { close?(): void },
  retryMs: number = MEMORY_RETRY_MS,
  freeingTimeoutMs: number = FREEING_TIMEOUT_MS,
): GuardedFiles {
  let listener: StorageListener = { onFull: () => Promise.resolve(), onChange() {} };
  let loss = DURABLE; // what a commit that goes through goes back to
  let fullCommits = 0;
  const { state, enter, isEnded, end } = createState(() => listener.onChange());
  const retry = createRetry(flush, refused, isEnded, retryMs);
  const freeing = createFreeing(() => listener.onFull(), freeingTimeoutMs);

  function saved() {
    fullCommits = 0;
    freeing.reset();
    enter(loss);
  }

  function refused(problem: StorageProblem) {
    const { kind, message } = problem;
    const text = `${message}: changes are not saved, but will be tried again`;
    if (kind === 'lost') loss = { storage: 'durable', problem: kind, message };
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

/** The state, of which a change is told until the end. */
function createState(changed: () => void) {
  let state = DURABLE;
  let ended = false;
  return {
    state: () => state,
    isEnded: () => ended,
    enter(next: StorageState) {
      if (ended || JSON.stringify(next) === JSON.stringify(state)) return;
      state = next;
      changed();
    },
    end() {
      ended = true;
    },
  };
}

/** Memory only: tries now and then whether there is space again. */
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
      // The next commit hears it as well.
      if (problem.kind === 'fenced') fenced(problem);
      else later();
    };
    timer = setTimeout(() => void flush().catch(again), retryMs);
  }
  return { later, cancel: () => clearTimeout(timer) };
}

/** Room is made once, until a commit goes through. */
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

const IN_MEMORY =
  'what is new is in memory only and lasts until this page closes, or space is free';
