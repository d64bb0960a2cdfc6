/**
 * The border to the core: method numbers, headers and effects. Described in docs/border.md;
 * `wasm/methods.h` holds the same numbers, and tests/unit/border.test.ts compares the two.
 */

export const ABI_VERSION = 1;

export const Method = {
  open: 1,
  commit: 2,
  committed: 3,
  dispatch: 4,
  update: 5,
  remove: 6,
  get: 7,
  query: 8,
  status: 9,
  request: 10,
  socket: 11,
  replica: 12,
  live: 13,
  unlive: 14,
  patches: 15,
  count: 16,
  progress: 17,
  retain: 18,
  import: 19,
  topics: 20,
  declare: 21,
  load: 22,
  maintain: 23,
  export: 24,
  verify: 25,
  outbox: 27,
  tree: 29,
  enroll: 30,
} as const;

export type Method = (typeof Method)[keyof typeof Method];

/** Why the core refuses a call: stable codes. */
export type ErrorCode =
  | 'invalid'
  | 'bad_value'
  | 'not_found'
  | 'conflict'
  | 'forbidden'
  | 'too_large'
  | 'storage'
  | 'corrupt'
  | 'state'
  | 'cold'
  | 'loading'
  | 'quota';

/** The memory of a store in the answer to `status`, in bytes (docs/storage.md, Memory). */
export interface MemoryReport {
  /** What it may use. */
  budget: number;
  /** The part of that which new events leave free. */
  reserve: number;
  used: number;
  /** What new events may still take. */
  room: number;
  /** How long that lasts at the pace of the last week; null = unknown, not asked for, or over a century. */
  daysLeft: number | null;
}

/** The header of a part of an export (docs/border.md, 24); `next` is null after the last one. */
export interface ExportHeader {
  next: string | null;
  events: number;
  /** Of them: those without their payload, because it cannot be read; and the first hundred of these. */
  withoutPayload: number;
  unreadable: { id: string; message: string }[];
}

/**
 * What a store is opened as: `hub` and `local` give events their numbers; those of a `relay` (others follow it)
 * and a `replica` are their upstream's.
 */
export type StoreRole = 'hub' | 'relay' | 'local' | 'replica';

/** The state of a replica's connection (docs/sync.md); `stopped` = it has no server. */
export type ReplicaState =
  'offline' | 'connecting' | 'catching_up' | 'live' | 'waiting' | 'unauthorized' | 'stopped';

export type WriteOutcome = 'confirmed' | 'refused';

/**
 * What the core asks its host to do; one JSON object per line of `cue_take_effects`. `core/base/effects.h`
 * writes them, and tests/unit/effects.test.ts compares the two.
 */
export type Effect =
  | { effect: 'changed'; sequence: number }
  | { effect: 'send'; clients: number[]; text: string }
  | { effect: 'identify'; client: number; token: string }
  | {
      effect: 'authenticate';
      subscribe: string[];
      project: string | null;
      since: number;
      store?: string;
      payloads?: boolean;
      snapshot?: boolean;
      /** Of the change feed (core/event/feed_version.h). */
      version: number;
    }
  | { effect: 'acknowledge'; sequence: number }
  | { effect: 'snapshot'; request: number; path: string }
  | { effect: 'remember'; client: number; state: string }
  | { effect: 'close'; client: number; code: number }
  | { effect: 'connect' }
  | { effect: 'disconnect' }
  | { effect: 'fetch'; request: number; method: string; path: string; body: string | null }
  | { effect: 'timer'; delayMs: number }
  | { effect: 'write'; request: number; method: string; path: string; body: string | null }
  | { effect: 'wake'; delayMs: number }
  | {
      effect: 'written';
      number: number;
      id: string;
      outcome: WriteOutcome;
      status: number;
      detail: string;
    }
  | { effect: 'renamed'; from: string; to: string }
  | { effect: 'outbox' }
  | { effect: 'state'; state: ReplicaState };
