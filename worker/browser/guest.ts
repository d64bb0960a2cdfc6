import {
  type ChannelMessage,
  type FromWorker,
  REPEATABLE,
  type ReplyMessage,
  type RequestMessage,
  type TakenMessage,
} from './protocol.ts';

/** Longest wait for the worker that owns the database, in milliseconds. */
const OWNER_TIMEOUT_MS = 15_000;

/** The side of a worker whose tab does not own the database: everything goes to the owner. */
export interface Guest {
  ask(message: RequestMessage): void;
  /**
   * Ends this side, because its worker becomes the owner. `again` is to be answered here, in order;
   * `lost` are the refusals of writes of which nobody knows whether they were done.
   */
  end(): { again: RequestMessage[]; lost: ReplyMessage[] };
}

interface Unanswered {
  message: RequestMessage;
  timer: ReturnType<typeof setTimeout>;
  /** The owner has begun with it. */
  taken: boolean;
}

/** `opened` holds the requests that every new owner has to hear: open and the live queries. */
export function createGuest(
  page: string,
  channel: Pick<BroadcastChannel, 'postMessage' | 'onmessage'>,
  opened: readonly RequestMessage[],
  post: (message: FromWorker) => void,
  timeoutMs: number = OWNER_TIMEOUT_MS,
): Guest {
  const unanswered = new Map<number, Unanswered>();

  function settle(request: number): boolean {
    clearTimeout(unanswered.get(request)?.timer);
    return unanswered.delete(request);
  }

  function send(message: RequestMessage) {
    channel.postMessage({ to: 'owner', page, message } satisfies ChannelMessage);
  }

  function receive(message: FromWorker | TakenMessage) {
    if ('taken' in message) {
      const entry = unanswered.get(message.taken);
      if (entry) entry.taken = true;
    } else if (!('reply' in message) || settle(message.reply)) {
      post(message);
    }
  }

  /** What a new owner has to be asked, by number, and the writes that ended with the old one. */
  function handOver(): { again: RequestMessage[]; lost: ReplyMessage[] } {
    const again = new Set<RequestMessage>(opened);
    const lost: ReplyMessage[] = [];
    for (const { message, taken } of unanswered.values()) {
      if (!taken || REPEATABLE.includes(message.kind) || opened.includes(message)) {
        again.add(message);
      } else {
        lost.push(refusal(message, 'owner_lost', OWNER_LOST));
      }
    }
    return { again: [...again].sort((a, b) => a.request - b.request), lost };
  }

  channel.onmessage = (event: MessageEvent<ChannelMessage>) => {
    const { data } = event;
    if (data.to === page && 'message' in data) receive(data.message as FromWorker | TakenMessage);
    if (data.to !== 'guests') return;
    const { again, lost } = handOver();
    for (const reply of lost) if (settle(reply.reply)) post(reply);
    for (const message of again) send(message);
  };

  return {
    ask(message) {
      const timer = setTimeout(() => {
        if (settle(message.request)) post(refusal(message, 'timeout', NO_ANSWER));
      }, timeoutMs);
      unanswered.set(message.request, { message, timer, taken: false });
      send(message);
    },
    end() {
      const left = handOver();
      for (const request of [...unanswered.keys()]) settle(request);
      return left;
    },
  };
}

const OWNER_LOST = 'the tab that was writing ended: look whether it was done';
const NO_ANSWER = 'the tab that owns the database does not answer';

function refusal(
  message: RequestMessage,
  code: 'timeout' | 'owner_lost',
  text: string,
): ReplyMessage {
  return { reply: message.request, error: { code, message: text } };
}
