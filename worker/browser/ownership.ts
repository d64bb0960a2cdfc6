import {
  type ChannelMessage,
  type FromWorker,
  type OpenRequest,
  parseRequest,
  REPEATABLE,
  type RequestMessage,
} from './protocol.ts';
import { openSession, type Session } from './session.ts';
import { errorMessage, WorkerError } from './worker-error.ts';

/** Longest wait for the worker that owns the database, in milliseconds. */
const OWNER_TIMEOUT_MS = 15_000;

/** Where the requests of this worker's page go: to its own session, or to the owner's. */
export interface Database {
  request(message: RequestMessage): void;
}

/**
 * One worker owns a database: the holder of its Web Lock. The workers of other tabs speak to it over
 * a BroadcastChannel, with the messages of protocol.ts, and the next one takes over when it ends.
 */
export function joinDatabase(options: OpenRequest, post: (message: FromWorker) => void): Database {
  const page = crypto.randomUUID();
  const lock = `cuesheet:${options.database}`;
  const channel = new BroadcastChannel(lock);
  const unanswered = new Map<number, RequestMessage>();
  const opened: RequestMessage[] = []; // what a new owner has to hear: open, live queries
  let session: Promise<Session> | null = null;

  async function answer(from: string, message: RequestMessage, reply: (m: FromWorker) => void) {
    try {
      const value = await (await session as Session).handle(from, message, reply);
      reply({ reply: message.request, value });
    } catch (error) {
      reply({ reply: message.request, error: errorMessage(error) });
    }
  }

  // As owner: serve the pages of other tabs; a page whose lock becomes free is gone.
  const guests = new Set<string>();
  function serve(data: ChannelMessage) {
    if (data.to !== 'owner' || !('page' in data)) return;
    const guest = data.page;
    const message = parseRequest(data.message);
    if (!message) return;
    const reply = (answered: FromWorker) => {
      channel.postMessage({ to: guest, message: answered } satisfies ChannelMessage);
    };
    if (!guests.has(guest)) {
      guests.add(guest);
      void navigator.locks.request(`cuesheet-page:${guest}`, async () => {
        guests.delete(guest);
        (await session)?.leave(guest);
      });
    }
    void answer(guest, message, reply);
  }

  // As guest: pass on what the owner says to this page.
  function receive(data: ChannelMessage) {
    if (data.to !== page) return;
    const message = data.message as FromWorker;
    if ('reply' in message) unanswered.delete(message.reply);
    post(message);
  }

  function askOwner(message: RequestMessage) {
    unanswered.set(message.request, message);
    channel.postMessage({ to: 'owner', page, message } satisfies ChannelMessage);
    setTimeout(() => {
      if (!unanswered.delete(message.request)) return;
      refuse(message, 'timeout', 'the tab that owns the database does not answer');
    }, OWNER_TIMEOUT_MS);
  }

  function refuse(message: RequestMessage, code: 'timeout' | 'owner_lost', text: string) {
    post({ reply: message.request, error: errorMessage(new WorkerError(code, text)) });
  }

  async function own() {
    session = openSession(options);
    channel.onmessage = (event: MessageEvent<ChannelMessage>) => serve(event.data);
    const lost = [...unanswered.values()];
    unanswered.clear();
    for (const message of opened) void answer(page, message, quietly);
    for (const message of lost) {
      if (opened.includes(message)) void answer(page, message, post);
      else if (REPEATABLE.includes(message.kind)) void answer(page, message, post);
      else refuse(message, 'owner_lost', 'the tab that was writing ended: look whether it was done');
    }
    await new Promise(() => {}); // the lock is held as long as this worker lives
  }

  // The repeated requests of a takeover have been answered before: only their live pages matter.
  function quietly(message: FromWorker) {
    if (!('reply' in message)) post(message);
  }

  channel.onmessage = (event: MessageEvent<ChannelMessage>) => receive(event.data);
  const ready = new Promise<void>((resolve) => {
    void navigator.locks.request(`cuesheet-page:${page}`, () => new Promise(() => {}));
    void navigator.locks.request(lock, { ifAvailable: true }, async (granted) => {
      if (granted) {
        const owning = own();
        resolve();
        return owning;
      }
      resolve();
      void navigator.locks.request(lock, own);
    });
  });

  return {
    async request(message) {
      await ready;
      if (message.kind === 'open' || message.kind === 'live') opened.push(message);
      if (message.kind === 'unlive') {
        const { live } = message.body as { live: number };
        const index = opened.findIndex((old) => 'live' in old.body && old.body.live === live);
        if (index >= 0) opened.splice(index, 1);
      }
      if (session) await answer(page, message, post);
      else askOwner(message);
    },
  };
}
