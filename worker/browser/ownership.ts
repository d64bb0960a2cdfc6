import { entropy } from '../../wasm/load.ts';
import { createGuest, type Guest } from './guest.ts';
import { createOwner, type Owner } from './owner.ts';
import type { FromWorker, OpenRequest, RequestMessage } from './protocol.ts';
import { openSession } from './session.ts';

const NO_LOCKS =
  'this page is no secure context (https or localhost), so its tabs cannot agree on one writer';

/** Where the requests of this worker's page go: to its own session, or to the owner's. */
export interface Database {
  request(message: RequestMessage): void;
}

/**
 * One worker owns a database: the holder of its Web Lock. The workers of other tabs speak to it over
 * a BroadcastChannel, with the messages of protocol.ts, and the next one takes over when it ends.
 * Without Web Locks every tab has events of its own, in memory.
 */
export function joinDatabase(options: OpenRequest, post: (message: FromWorker) => void): Database {
  const page = entropy();
  const lock = `cuesheet:${options.database}`;
  const channel = new BroadcastChannel(lock);
  const opened: RequestMessage[] = []; // what a new owner has to hear: open, live queries
  const locks = (navigator.locks as LockManager | undefined) ?? null;
  const guest: Guest = createGuest(page, channel, opened, post);
  let owner: Owner | null = null;

  function own(): Promise<never> {
    owner = createOwner(openSession(options, null), channel, locks);
    const { again, lost } = guest.end();
    for (const message of again) void owner.answer(page, message, post);
    for (const reply of lost) post(reply);
    return new Promise(() => {}); // the lock is held as long as this worker lives
  }

  async function join(all: LockManager): Promise<void> {
    await hold(all, `cuesheet-page:${page}`); // free again = this page is gone
    await new Promise<void>((joined) => {
      void all.request(lock, { ifAvailable: true }, (granted) => {
        const owning = granted ? own() : undefined;
        if (!granted) void all.request(lock, own);
        joined();
        return owning;
      });
    });
  }

  function remember(message: RequestMessage) {
    if (message.kind === 'open' || message.kind === 'live') opened.push(message);
    if (message.kind === 'token') options.token = (message.body as { token: string | null }).token;
    if (message.kind !== 'unlive') return;
    const { live } = message.body as { live: number };
    const index = opened.findIndex((old) => 'live' in old.body && old.body.live === live);
    if (index >= 0) opened.splice(index, 1);
  }

  if (!locks) owner = createOwner(openSession(options, NO_LOCKS), null, null);
  const joined = locks ? join(locks) : Promise.resolve();
  return {
    async request(message) {
      await joined;
      remember(message);
      if (owner) await owner.answer(page, message, post);
      else guest.ask(message);
    },
  };
}

/** Resolves when the lock is held; it is let go when the worker ends. */
function hold(locks: LockManager, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, () => {
        resolve();
        return new Promise(() => {});
      })
      .catch(reject);
  });
}
