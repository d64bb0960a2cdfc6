import type { GuestChannel } from './elsewhere.ts';
import { createGuest, type Guest, type GuestHost } from './guest.ts';
import { createOwner, type Owner } from './owner.ts';
import type { FromWorker, OpenRequest } from './protocol.ts';
import { createLockQueue } from './lock-queue.ts';
import { areHeldTogether, databaseLock } from './locks.ts';
import { openSession, type Session } from './session.ts';
import { createTakeOver } from './take-over.ts';
import { reloadOfOwner } from './versions.ts';
import { errorMessage } from './worker-error.ts';

const NO_LOCKS =
  'this page is no secure context (https or localhost), so its tabs cannot agree on one writer';
const NOT_OWNED = 'it does not own it any more';
const LOCKS_REFUSED = 'the browser lets this page store nothing';

/** How often to open a database with damaged files again: for two checkpoints, and two more. */
const MAX_REOPENS = 4;
/** How long a worker that has handed a database over waits until its lock is taken, in milliseconds. */
const TAKEN_TIMEOUT_MS = 5_000;

/** One database in this worker, and its pages. */
export interface Database {
  /** The side of a page, which takes its requests until it leaves; `post` reaches the page. */
  join(page: string, post: (message: FromWorker) => void): Guest;
  /** The page has ended. With the last page the store closes and the lock is released. */
  leave(page: string): void;
}

interface Owning extends Owner {
  session: Promise<Session>;
  /** Settles when the lock is released. */
  held: Promise<void>;
  /** Releases the lock. */
  release(): void;
}

/**
 * One worker owns a database: the holder of its Web Lock. All other workers talk to it over a
 * BroadcastChannel, with the messages of protocol.ts; the next one takes over when it ends, or does not
 * answer, and one of a newer version takes over at once, in order (docs/versions.md). An owner that wakes up
 * without its lock becomes a guest; its commits are refused by the epoch, and it sends no local write. `worker` is a lock that this worker holds. Without Web Locks
 * every tab has events of its own, in memory. `ended` is called when the
 * database has to be joined again, if a page needs it.
 */
export function joinDatabase(
  options: OpenRequest,
  locks: LockManager | null,
  worker: Promise<string | null>,
  ended: () => void,
): Database {
  const name = databaseLock(options.database); // of the lock, and of the channel
  const noStorage = whyNoStorage(locks);
  const openChannel = () => (locks ? new BroadcastChannel(name) : null);
  const channel = openChannel();
  const takeOver =
    locks &&
    createTakeOver({
      channel: () => new BroadcastChannel(name),
      locks,
      options,
      handedOver: (unsure) => queue?.steal(unsure),
      refused: () => guests.resume(),
    });
  const guests = createGuests(openChannel, {
    silent: () => queue?.steal(true),
    met(owner, version) {
      if (!closed) takeOver?.met(owner, version);
    },
    mayAsk: () => !isGivenAway && takeOver?.mayAsk() !== false,
    reload() {
      const refusal = takeOver?.refusal();
      return refusal ? reloadOfOwner(refusal.version, refusal.why) : null;
    },
  });
  const queue = locks && createLockQueue(locks, name, own, lose);
  let owning: Owning | null = null;
  let isGivenAway = false; // from the request of a newer worker until this one is its guest
  let closed = false;
  const lost: string[] = []; // files that sessions have found damaged

  function own(stolen: boolean): Owning | null {
    if (closed) return null;
    takeOver?.end();
    const session = openSession(options, noStorage, [...lost], {
      owns: createOwns(locks, worker, name),
      fenced: () => lose(mine),
      damaged(what) {
        lost.push(what);
        if (lost.length <= MAX_REOPENS) lose(mine);
      },
    });
    const mine = startOwning(session, channel, locks, stolen, () => handOver(mine));
    owning = mine;
    session.catch(() => giveUp(mine));
    guests.follow(mine, stolen);
    return mine;
  }

  /** Another worker has the database now, or this one has to open it again. */
  function lose(mine: Owning | null) {
    if (!mine || mine !== owning || !queue || closed) return;
    owning = null;
    mine.end();
    mine.release();
    void mine.session.then((session) => session.stop('lost')).catch(() => {});
    guests.follow(null, false);
    queue.enter();
  }

  /** Null: everything is saved, and this worker is a guest from now on. Else why not. */
  async function handOver(mine: Owning): Promise<string | null> {
    if (mine !== owning || !queue || closed || isGivenAway) return NOT_OWNED;
    isGivenAway = true;
    const why = await savedAndClosed(mine.session);
    isGivenAway = false;
    if (why !== null) {
      guests.resume();
      return why;
    }
    if (mine !== owning) return null; // its lock was stolen meanwhile
    owning = null;
    mine.end();
    guests.follow(null, false);
    queue.enter();
    setTimeout(mine.release, TAKEN_TIMEOUT_MS);
    return null;
  }

  /** The store cannot be opened: requests here fail with the reason, and other workers may try. */
  function giveUp(mine: Owning) {
    if (mine !== owning) return;
    ended();
    mine.end();
    mine.release();
  }

  function close() {
    ended();
    closed = true;
    takeOver?.end();
    queue?.leave();
    if (owning) void stopOwning(owning).catch(() => {}); // the error of opening was reported
  }

  if (queue) queue.enter();
  else own(false);
  return {
    join: guests.join,
    leave(page) {
      if (!guests.leave(page)) return;
      void owning?.session.then((session) => session.leave(page)).catch(() => {});
      if (guests.count() === 0) close();
    },
  };
}

/** The pages of this worker. All of them send to one owner, wherever that is. */
function createGuests(openChannel: () => GuestChannel | null, host: GuestHost) {
  const guests = new Map<string, Guest>();
  let owner: Owner | null = null;
  return {
    join(page: string, post: (message: FromWorker) => void): Guest {
      const guest = createGuest(page, openChannel(), post, host);
      guests.set(page, guest);
      if (owner) guest.follow(owner, false);
      return guest;
    },
    /** False when the page has left before. */
    leave(page: string): boolean {
      guests.get(page)?.end();
      return guests.delete(page);
    },
    /** Null: the owner is another worker. */
    follow(next: Owner | null, stolen: boolean) {
      owner = next;
      for (const guest of guests.values()) guest.follow(next, stolen);
    },
    resume() {
      for (const guest of guests.values()) guest.resume();
    },
    count: () => guests.size,
  };
}

function startOwning(
  session: Promise<Session>,
  channel: BroadcastChannel | null,
  locks: LockManager | null,
  stolen: boolean,
  handOver: () => Promise<string | null>,
): Owning {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { ...createOwner(session, channel, locks, stolen, handOver), session, held, release };
}

/** Null: done. Else why everything goes on. */
async function savedAndClosed(session: Promise<Session>): Promise<string | null> {
  try {
    await (await session).handOver();
    return null;
  } catch (error) {
    return errorMessage(error).message;
  }
}

async function stopOwning({ end, session, release }: Owning): Promise<void> {
  end();
  try {
    await (await session).stop('closed');
  } finally {
    release();
  }
}

/** Why nothing can be kept on disk; null = it can. */
function whyNoStorage(locks: LockManager | null): string | null {
  if (locks) return null;
  return 'locks' in navigator ? LOCKS_REFUSED : NO_LOCKS;
}

/** Asks each time: a worker that was frozen learns too late that its lock was stolen. */
function createOwns(
  locks: LockManager | null,
  worker: Promise<string | null>,
  name: string,
): () => Promise<boolean> {
  return async () => {
    const own = await worker;
    if (!locks || own === null) return true;
    return areHeldTogether(locks, own, name).catch(() => true); // its commits are refused anyway
  };
}
