import { isWrite, REPEATABLE, type ReplyMessage, type RequestMessage } from './protocol.ts';

/** What to do with requests whose worker or owner has ended. */
export interface HandOver {
  /** To send again, in order: `open`, the live queries, and requests that were not begun or may be repeated. */
  again: RequestMessage[];
  /** Refusals of writes that may have been done or not. */
  lost: ReplyMessage[];
}

/** The requests of one page that have no answer yet, and those that every new owner must get. */
export interface Unanswered {
  add(message: RequestMessage): void;
  /** `sent`: it is under way to an owner. `taken`: the owner may have begun with it. */
  mark(request: number, state: 'sent' | 'taken'): void;
  /** The receiver begins at once. Of a write only the number is kept, because it is never sent again. */
  begin(message: RequestMessage): void;
  /** The requests that were not sent to anybody, in order. */
  queued(): RequestMessage[];
  /** False when no request waits for this answer (any more). */
  settle(reply: ReplyMessage): boolean;
  /** Nobody waits for it any more: the request is not sent again. */
  drop(request: number): void;
  /** Whether a write was begun that has no answer yet. */
  hasWrite(): boolean;
  /** Whether anything is expected: an answer, or patches of a live query. */
  expects(): boolean;
  /** `unsure`: a frozen worker may still carry out requests that were only sent. */
  handOver(unsure: boolean): HandOver;
}

/**
 * The one rule for requests when a worker or an owner ends, for pages and guests: requests that may be
 * repeated are sent again; a write that may have begun fails with `owner_lost`.
 */
export function createUnanswered(): Unanswered {
  const waiting = new Map<
    number,
    { message: RequestMessage; state: 'queued' | 'sent' | 'taken' }
  >();
  const begun = new Set<number>();
  const opened = new Map<number, RequestMessage>();

  function remember(message: RequestMessage) {
    if (message.kind === 'open' || message.kind === 'live') opened.set(message.request, message);
    for (const [request, { kind, body }] of opened) {
      if (message.kind === 'token' && kind === 'open') Object.assign(body, message.body);
      if (message.kind !== 'unlive' || kind !== 'live') continue;
      const { live } = body as { live: number };
      if (live === (message.body as { live: number }).live) opened.delete(request);
    }
  }

  return {
    add(message) {
      remember(message);
      waiting.set(message.request, { message, state: 'queued' });
    },
    mark(request, state) {
      const entry = waiting.get(request);
      if (entry) entry.state = state;
    },
    begin(message) {
      const { request, kind } = message;
      if (isWrite(kind)) {
        waiting.delete(request);
        begun.add(request);
      } else {
        waiting.set(request, { message, state: 'taken' });
      }
    },
    queued: () =>
      [...waiting.values()].filter(({ state }) => state === 'queued').map(({ message }) => message),
    settle(reply) {
      if ('error' in reply) opened.delete(reply.reply); // it would be refused again
      return waiting.delete(reply.reply) || begun.delete(reply.reply);
    },
    drop(request) {
      waiting.delete(request);
      begun.delete(request);
      opened.delete(request);
    },
    hasWrite: () => begun.size > 0,
    expects: () =>
      waiting.size + begun.size > 0 || [...opened.values()].some(({ kind }) => kind === 'live'),
    handOver(unsure) {
      const again = new Map(opened);
      const lost = [...begun].map(ownerLost);
      for (const [request, { message, state }] of waiting) {
        const mayRepeat = REPEATABLE.includes(message.kind) || opened.has(request);
        const mayBeDone = state === 'taken' || (unsure && state === 'sent');
        if (mayRepeat || !mayBeDone) again.set(request, message);
        else lost.push(ownerLost(request));
      }
      waiting.clear();
      begun.clear();
      const ordered = [...again.values()].sort((a, b) => a.request - b.request);
      for (const message of ordered) waiting.set(message.request, { message, state: 'queued' });
      return { again: ordered, lost };
    },
  };
}

/** The refusal of a write that may have been done or not. */
function ownerLost(request: number): ReplyMessage {
  const message = 'the worker that was writing ended: check whether it was done';
  return { reply: request, error: { code: 'owner_lost', message } };
}
