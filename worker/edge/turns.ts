import { turn as nextTurn } from '../../wasm/turn.ts';

/** A call that holds the hub for this long is long, in milliseconds. */
const LONG_MS = 20;
/** Turns without a new request after which nobody else is waiting to be heard. */
const QUIET_TURNS = 2;
/** The longest pause before one request, in milliseconds. */
const MAX_PAUSE_MS = 1000;
/** Requests of one caller that wait, and how long one may, in milliseconds. */
const MAX_WAITING = 64;
const MAX_WAIT_MS = 30_000;
const WAITED_TOO_LONG = `the request waited ${MAX_WAIT_MS / 1000} s for other long ones: send fewer at once`;
/** How many callers are remembered; the one whose long call is the oldest is forgotten first. */
const MAX_CALLERS = 10_000;

/**
 * Turns of callers. The core answers one request at a time, so a caller that repeats long ones would be
 * the only one: Node takes one new connection a turn of its loop. After a long call the caller's next request
 * waits until nobody else has come for two turns, but not longer than the call took. So others get at least
 * half of the time, and a caller who is alone loses 2 ms. Short calls that came meanwhile follow one another
 * without a pause until they have taken as long as a long call.
 */
export interface Turns {
  /** Counts a request of anybody. */
  arrived(): void;
  /** A call for this caller has held the hub for so long, in milliseconds. */
  took(caller: string, ms: number): void;
  /**
   * Resolves when it is this caller's turn, with the sentence of a refusal when it never was. Null = now: call
   * the core before anything else can.
   */
  wait(caller: string): Promise<string | null> | null;
}

interface Waiter {
  since: number;
  resolve: (refusal: string | null) => void;
}

/** `turn` lets other work run; `now` is in milliseconds. */
export function createTurns(
  turn: () => Promise<void> = nextTurn,
  now: () => number = () => performance.now(),
): Turns {
  let arrivals = 0;
  let isReleasing = false;
  /** Tells release() of a call. */
  let called = (): void => {};
  /** The length of the last call, if it was long, until the caller's next turn. */
  const held = new Map<string, number>();
  /** In the order of their turns. */
  const waiting = new Map<string, Waiter[]>();

  async function pause(ms: number): Promise<void> {
    const end = now() + Math.min(ms, MAX_PAUSE_MS);
    let quiet = 0;
    do {
      const before = arrivals;
      await turn();
      quiet = arrivals === before ? quiet + 1 : 0;
    } while (quiet < QUIET_TURNS && now() < end);
  }

  /** The first waiter of the caller whose turn it is, who then is the last. Those who waited too long are refused. */
  function takeFirst(caller: string): Waiter | undefined {
    const since = now() - MAX_WAIT_MS;
    const all = waiting.get(caller) ?? [];
    for (const waiter of all) if (waiter.since < since) waiter.resolve(WAITED_TOO_LONG);
    const [first, ...others] = all.filter((waiter) => waiter.since >= since);
    waiting.delete(caller);
    if (others.length > 0) waiting.set(caller, others);
    return first;
  }

  async function release(): Promise<void> {
    isReleasing = true;
    let busy = 0; // since the last pause, in milliseconds
    for (let [caller] = waiting.keys(); caller !== undefined; [caller] = waiting.keys()) {
      const length = Math.max(held.get(caller) ?? 0, busy);
      if (length >= LONG_MS) {
        await pause(length);
        busy = 0;
      }
      held.delete(caller);
      const waiter = takeFirst(caller);
      const start = now();
      waiter?.resolve(null);
      // Its call decides whether the next one may follow at once.
      if (waiter) await Promise.race([new Promise<void>((resolve) => (called = resolve)), turn()]);
      busy += now() - start;
    }
    isReleasing = false;
  }

  return {
    arrived: () => void arrivals++,
    took(caller, ms) {
      called();
      if (ms < LONG_MS) return;
      held.delete(caller);
      const [oldest] = held.size >= MAX_CALLERS ? held.keys() : [];
      if (oldest !== undefined) held.delete(oldest);
      held.set(caller, ms);
    },
    wait(caller) {
      const others = waiting.get(caller) ?? [];
      if (others.length === 0 && !held.has(caller)) return null;
      if (others.length >= MAX_WAITING) {
        const sentence = `${MAX_WAITING} requests of ${caller} wait for their turn: send fewer at once`;
        return Promise.resolve(sentence);
      }
      return new Promise((resolve) => {
        waiting.set(caller, [...others, { since: now(), resolve }]);
        if (!isReleasing) void release();
      });
    },
  };
}
