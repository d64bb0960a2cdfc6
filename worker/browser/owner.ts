import { entropy } from '../../wasm/entropy.ts';
import { pageLock, whenFree } from './locks.ts';
import {
  type ChannelMessage,
  type FromOwner,
  isHandOver,
  isPing,
  isUnknownRequest,
  parseRequest,
  requestNumber,
  type RequestMessage,
} from './protocol.ts';
import type { Session } from './session.ts';
import { PROTOCOL_VERSION, refusalOfOlderPage } from './versions.ts';
import { errorMessage } from './worker-error.ts';

/** Requests of other workers that wait while the database is being handed over; more are not answered. */
const MAX_HELD = 10_000;

/** The side that has the store: answers its own pages and, over the channel, those of other workers. */
export interface Owner {
  /** Answers one request; `reply` also gets later pages of live queries and the status. */
  answer(page: string, message: RequestMessage, reply: (message: FromOwner) => void): Promise<void>;
  /** Stops listening. */
  end(): void;
}

/**
 * Starts to serve; without channel and locks there are no other workers. `stolen`: the previous owner
 * did not answer, and may only be frozen. `handOver` saves everything for a worker of a newer version, and
 * resolves with null, or with the reason why it cannot.
 */
export function createOwner(
  session: Promise<Session>,
  channel: Pick<BroadcastChannel, 'postMessage' | 'onmessage'> | null,
  locks: Pick<LockManager, 'request'> | null,
  stolen: boolean,
  handOver: () => Promise<string | null> = async () => CANNOT,
): Owner {
  const owner = entropy();
  let held: unknown[] | null = null; // messages that arrived while the database is handed over
  const guests = new Map<string, number>(); // the last request of every page of another worker
  const own = new Set<string>(); // the pages of this worker; their messages on the channel are old

  async function answer(
    page: string,
    message: RequestMessage,
    reply: (message: FromOwner) => void,
  ): Promise<void> {
    try {
      const value = await (await session).handle(page, message, reply);
      reply({ reply: message.request, value });
    } catch (error) {
      reply({ reply: message.request, error: errorMessage(error) });
    }
  }

  function serve(page: string, message: RequestMessage, reply: (message: FromOwner) => void) {
    const last = guests.get(page);
    // A page that has not opened the database here has not seen this owner yet, and sends this again.
    if (last === undefined && message.kind !== 'open') return;
    // Numbers of a page only grow, so this request was sent again when this owner announced itself.
    if (last !== undefined && message.request <= last) return;
    guests.set(page, message.request);
    reply({ taken: message.request });
    if (last === undefined && locks) whenFree(locks, pageLock(page), () => forget(page));
    void answer(page, message, reply);
  }

  function forget(page: string) {
    guests.delete(page);
    session.then(({ leave }) => leave(page)).catch(() => {});
  }

  function hear(data: unknown) {
    if (typeof data !== 'object' || data === null) return;
    const { to, page, message } = data as Record<string, unknown>;
    if (to !== 'owner' || typeof page !== 'string' || own.has(page)) return;
    const reply = (answered: FromOwner) => {
      send({ to: page, owner, message: answered, version: PROTOCOL_VERSION });
    };
    if (isPing(data)) return reply({ pong: true });
    if (held) return void (held.length < MAX_HELD && held.push(data));
    const request = parseRequest(message);
    if (request) return serve(page, request, reply);
    if (isHandOver(data)) return void (data.version > PROTOCOL_VERSION && giveAway(reply));
    if (!guests.has(page) || !isUnknownRequest(message)) return;
    reply({ reply: requestNumber(message), error: refusalOfOlderPage() });
  }

  /** Nothing is begun any more. When it does not work out, everything goes on. */
  async function giveAway(reply: (message: FromOwner) => void) {
    held = [];
    const why = await handOver();
    reply({ handedOver: why });
    if (why === null) return; // the guests send again what was not begun
    const waiting = held;
    held = null;
    waiting.forEach(hear);
  }

  function send(message: ChannelMessage) {
    channel?.postMessage(message);
  }

  if (channel) {
    channel.onmessage = (event: MessageEvent<unknown>) => hear(event.data);
    send({ to: 'guests', owner, stolen, version: PROTOCOL_VERSION });
  }
  session.catch(() => {}); // every request gets the error
  return {
    answer(page, message, reply) {
      own.add(page);
      return answer(page, message, reply);
    },
    end() {
      if (channel) channel.onmessage = null;
    },
  };
}

const CANNOT = 'it cannot hand over what it has';
