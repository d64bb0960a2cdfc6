import {
  type ChannelMessage,
  type FromWorker,
  parseRequest,
  type RequestMessage,
  type TakenMessage,
} from './protocol.ts';
import type { Session } from './session.ts';
import { errorMessage, isCrash } from './worker-error.ts';

/** The side that has the store: answers its own page and, over the channel, those of other tabs. */
export interface Owner {
  /** Answers one request; `reply` also gets later pages of live queries and the status. */
  answer(
    page: string,
    message: RequestMessage,
    reply: (message: FromWorker) => void,
  ): Promise<void>;
}

/** Starts to serve; without channel and locks there are no other tabs. */
export function createOwner(
  session: Promise<Session>,
  channel: Pick<BroadcastChannel, 'postMessage' | 'onmessage'> | null,
  locks: Pick<LockManager, 'request'> | null,
): Owner {
  const guests = new Map<string, number>(); // the last request of every page

  async function answer(
    page: string,
    message: RequestMessage,
    reply: (message: FromWorker) => void,
  ): Promise<void> {
    try {
      const value = await (await session).handle(page, message, reply);
      reply({ reply: message.request, value });
    } catch (error) {
      reply({ reply: message.request, error: errorMessage(error) });
      // The core's memory is not to be trusted any more: end this worker, the next owner opens anew.
      if (isCrash(error)) reportError(error);
    }
  }

  function serve(data: unknown) {
    const { to, page, message: sent } = data as Record<string, unknown>;
    const message = to === 'owner' && typeof page === 'string' ? parseRequest(sent) : null;
    if (!message || typeof page !== 'string') return;
    const last = guests.get(page);
    // Numbers of a page only grow: this one was sent again when this owner announced itself.
    if (last !== undefined && message.request <= last) return;
    guests.set(page, message.request);
    const reply = (answered: FromWorker | TakenMessage) => {
      channel?.postMessage({ to: page, message: answered } satisfies ChannelMessage);
    };
    reply({ taken: message.request });
    if (last === undefined) forgetWhenGone(page);
    void answer(page, message, reply);
  }

  function forgetWhenGone(page: string) {
    void locks?.request(`cuesheet-page:${page}`, async () => {
      guests.delete(page);
      (await session).leave(page);
    });
  }

  if (channel) {
    channel.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data === 'object' && event.data !== null) serve(event.data);
    };
    channel.postMessage({ to: 'guests', owner: 'new' } satisfies ChannelMessage);
  }
  session.catch(() => {}); // told to whoever asks
  return { answer };
}
