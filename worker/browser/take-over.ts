import { entropy } from '../../wasm/entropy.ts';
import type { GuestChannel } from './elsewhere.ts';
import { databaseLock, holderOf, holdLock, pageLock, takeOverLock } from './locks.ts';
import {
  type ChannelMessage,
  fromOwner,
  type OpenRequest,
  type RequestMessage,
  type Status,
} from './protocol.ts';
import { HANDS_OVER_SINCE, PROTOCOL_VERSION } from './versions.ts';

/** Longest wait for an owner to save everything and to hand its database over, in milliseconds. */
const HAND_OVER_TIMEOUT_MS = 15_000;
/** From a refusal to the next attempt, in milliseconds; doubled each time, up to the longest. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/** Takes a database over from an owner of an older version, in order (docs/versions.md). */
export interface TakeOver {
  /** An owner in another worker has shown itself. */
  met(owner: string, version: number): void;
  /** False while the owner is asked: requests would reach it too late. */
  mayAsk(): boolean;
  /** The version of the older owner that keeps the database, and why it does; else null. */
  refusal(): { version: number; why: string } | null;
  /** This worker owns the database, or no page of it needs it any more. */
  end(): void;
}

export interface TakeOverHost {
  channel(): GuestChannel;
  locks: LockManager;
  options: OpenRequest;
  /**
   * The owner has saved everything: take the lock. `unsure`: it goes on until it notices that the lock is
   * gone.
   */
  handedOver(unsure: boolean): void;
  /** It has not, and requests go to it from now on. */
  refused(): void;
}

interface Older {
  owner: string;
  version: number;
  pauseMs: number;
  why: string | null; // of the last refusal
  attempt: AbortController | null;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export function createTakeOver(
  host: TakeOverHost,
  ownVersion: number = PROTOCOL_VERSION,
  timeoutMs: number = HAND_OVER_TIMEOUT_MS,
  firstPauseMs: number = FIRST_PAUSE_MS,
): TakeOver {
  const { locks, options } = host;
  let older: Older | null = null;

  function end() {
    older?.attempt?.abort();
    clearTimeout(older?.timer);
    older = null;
  }

  function refused(from: Older, why: string) {
    if (from !== older) return;
    from.attempt?.abort();
    from.attempt = null;
    from.why = why;
    clearTimeout(from.timer);
    from.timer = setTimeout(() => void ask(from), from.pauseMs);
    from.pauseMs = Math.min(2 * from.pauseMs, LONGEST_PAUSE_MS);
    host.refused();
  }

  async function ask(from: Older): Promise<void> {
    const attempt = new AbortController();
    const { signal } = attempt;
    from.attempt = attempt;
    from.timer = setTimeout(() => refused(from, NO_ANSWER), timeoutMs);
    const holder = await holderOf(locks, databaseLock(options.database));
    const work = async () => {
      const why = await askOwner(host, from, ownVersion, signal);
      if (signal.aborted) return;
      const isOwned = (await holderOf(locks, databaseLock(options.database))) === holder;
      if (signal.aborted) return;
      if (why !== null || !isOwned) return refused(from, why ?? ANOTHER);
      clearTimeout(from.timer);
      host.handedOver(from.version < HANDS_OVER_SINCE);
      await ended(signal);
    };
    // One newer worker after the other, until it owns the database.
    const turn = locks.request(takeOverLock(options.database), { signal }, work);
    await turn.catch(() => {}); // it was ended meanwhile
  }

  return {
    met(owner, version) {
      if (older?.owner === owner) return;
      end();
      if (version >= ownVersion) return;
      older = { owner, version, pauseMs: firstPauseMs, why: null, attempt: null, timer: undefined };
      void ask(older);
    },
    mayAsk: () => !older?.attempt,
    refusal: () =>
      older && older.why !== null ? { version: older.version, why: older.why } : null,
    end,
  };
}

const ended = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });

/**
 * Null: everything that the owner has acknowledged is saved. Else why it is not. An owner that cannot hand
 * over is opened and flushed, as by any page: it may acknowledge more until it has lost its lock.
 */
async function askOwner(
  { locks, channel: openChannel, options }: TakeOverHost,
  { owner, version }: Older,
  ownVersion: number,
  signal: AbortSignal,
): Promise<string | null> {
  const page = entropy();
  // An owner forgets a page whose lock is free.
  const release = await holdLock(locks, pageLock(page));
  const channel = openChannel();
  const send = (message: ChannelMessage) => channel.postMessage(message);
  const request = (message: RequestMessage) => send({ to: 'owner', page, message });
  const answer = new Promise<string | null>((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const heard = fromOwner(data, page);
      if (heard?.owner !== owner) return;
      const { message } = heard;
      if ('handedOver' in message) return resolve(message.handedOver);
      if (!('reply' in message)) return;
      if ('error' in message) return resolve(message.error.message);
      if (message.reply === FLUSH) return resolve(null);
      if (isInMemory(message.value as Status | null)) return resolve(IN_MEMORY);
      request({ request: FLUSH, kind: 'flush', body: {} });
    };
  });
  if (version >= HANDS_OVER_SINCE) {
    send({ to: 'owner', page, handOver: true, version: ownVersion });
  } else {
    request({ request: OPEN, kind: 'open', body: { ...options, token: null } });
  }
  try {
    return await Promise.race([answer, ended(signal).then(() => NO_ANSWER)]);
  } finally {
    channel.close();
    release();
  }
}

/** Nothing is on the disk, and a flush settles all the same. With a full disk (`quota`) it fails. */
const isInMemory = (status: Status | null) =>
  status?.storage === 'memory' && status.problem !== 'quota';

const OPEN = 1;
const FLUSH = 2;
const NO_ANSWER = 'it does not answer';
const ANOTHER = 'another worker has taken it over';
export const IN_MEMORY = 'its events are in memory only';
