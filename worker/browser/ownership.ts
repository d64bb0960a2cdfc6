import { createGuest, type Guest } from './guest.ts';
import { createOwner, type Owner } from './owner.ts';
import type { FromWorker, OpenRequest, RequestMessage } from './protocol.ts';
import { areHeldTogether } from './locks.ts';
import { openSession, type Session } from './session.ts';

const NO_LOCKS =
  'this page is no secure context (https or localhost), so its tabs cannot agree on one writer';
const LOCKS_REFUSED = 'the browser lets this page store nothing';

/** A database with damaged files is opened so often again: two checkpoints may be tried, and two more. */
const MAX_REOPENS = 4;

/** One database in this worker: where the requests of its pages go. */
export interface Database {
  /** `post` reaches the page. */
  join(page: string, post: (message: FromWorker) => void): void;
  request(page: string, message: RequestMessage): void;
  /** The page is gone. With the last one the store is closed and the database let go of. */
  leave(page: string): void;
}

interface Owning extends Owner {
  session: Promise<Session>;
  /** Settles when the lock is let go of. */
  held: Promise<void>;
  /** Lets go of the lock. */
  release(): void;
}

/**
 * One worker owns a database: the holder of its Web Lock. All other workers speak to it over a
 * BroadcastChannel, with the messages of protocol.ts; the next one takes over when it ends, or does not
 * answer. An owner that wakes up without its lock becomes a guest; its commits are refused by the
 * epoch, and it sends no local write. `worker` is a lock that this worker holds. Without Web Locks
 * every tab has events of its own, in memory. `ended` is called when the
 * database is to be joined anew, should anybody want it.
 */
export function joinDatabase(
  options: OpenRequest,
  locks: LockManager | null,
  worker: Promise<string | null>,
  ended: () => void,
): Database {
  const name = `cuesheet:${options.database}`;
  const noStorage = locks ? null : 'locks' in navigator ? LOCKS_REFUSED : NO_LOCKS;
  const openChannel = () => (locks ? new BroadcastChannel(name) : null);
  const channel = openChannel();
  const guests = new Map<string, Guest>();
  let owning: Owning | null = null;
  let waiting: AbortController | null = null; // in the queue for the lock
  let closed = false;
  const lost: string[] = []; // what sessions have found damaged

  function own(stolen: boolean): Owning {
    waiting = null;
    const session = openSession(options, noStorage, [...lost], {
      owns,
      fenced: () => lose(mine),
      damaged(what) {
        lost.push(what);
        if (lost.length <= MAX_REOPENS) lose(mine);
      },
    });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const owner = createOwner(session, channel, locks, stolen);
    const mine: Owning = { ...owner, session, held, release };
    owning = mine;
    session.catch(() => giveUp(mine));
    for (const guest of guests.values()) guest.follow(mine, stolen);
    return mine;
  }

  function request(all: LockManager, options: LockOptions) {
    let mine: Owning | null = null;
    all
      .request(name, options, () => {
        if (closed) return;
        mine = own(options.steal === true);
        return mine.held;
      })
      .catch(() => lose(mine)); // robbed; or it is null, and no longer in the queue
  }

  /** Asked, not remembered: who was asleep is told too late that it was robbed. */
  async function owns(): Promise<boolean> {
    const own = await worker;
    if (!locks || own === null) return true;
    return areHeldTogether(locks, own, name).catch(() => true); // its commits are refused anyway
  }

  function queue(all: LockManager) {
    waiting = new AbortController();
    request(all, { signal: waiting.signal });
  }

  function steal() {
    if (owning || !waiting || !locks) return;
    waiting.abort();
    waiting = null;
    request(locks, { steal: true });
  }

  /** Another worker has the database now, or this one is to open it anew. */
  function lose(mine: Owning | null) {
    if (!mine || mine !== owning || !locks || closed) return;
    owning = null;
    mine.end();
    mine.release();
    void mine.session.then((session) => session.stop('lost')).catch(() => {});
    for (const guest of guests.values()) guest.follow(null, false);
    queue(locks);
  }

  /** The store cannot be opened: everybody who asks here hears why, others may try. */
  function giveUp(mine: Owning) {
    if (mine !== owning) return;
    ended();
    mine.end();
    mine.release();
  }

  async function close(): Promise<void> {
    ended();
    closed = true;
    waiting?.abort();
    owning?.end();
    try {
      await (await owning?.session)?.stop('closed');
    } finally {
      owning?.release();
    }
  }

  if (locks) queue(locks);
  else own(false);
  return {
    join(page, post) {
      const guest = createGuest(page, openChannel(), post, steal);
      guests.set(page, guest);
      if (owning) guest.follow(owning, false);
    },
    request(page, message) {
      guests.get(page)?.ask(message);
    },
    leave(page) {
      guests.get(page)?.end();
      if (!guests.delete(page)) return;
      void owning?.session.then((session) => session.leave(page)).catch(() => {});
      if (guests.size === 0) void close().catch(() => {}); // failed to open, and said so
    },
  };
}
