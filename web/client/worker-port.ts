import { createPatience } from '../../worker/browser/patience.ts';
import {
  type Answers,
  type FromWorker,
  type Kind,
  REPEATABLE,
  type ReplyMessage,
  type RequestMessage,
  type Requests,
  type Status,
} from '../../worker/browser/protocol.ts';
import { createUnanswered } from '../../worker/browser/unanswered.ts';
import type { Connect, Link } from './connect.ts';
import { abortError, CuesheetError } from './error.ts';

/** Longest wait for an answer of the worker, in milliseconds; it has shorter ones for its own. */
const REQUEST_TIMEOUT_MS = 60_000;
/** A page gives up when so many of its workers have ended within the time, in milliseconds. */
const MAX_RESTARTS = 5;
const RESTARTS_MS = 60_000;

export interface LiveSink {
  page(bytes: Uint8Array): void;
  patches(bytes: Uint8Array): void;
}

/** The page's side of the message protocol. */
export interface WorkerPort {
  /** The answer; `aborted` after the signal, which takes nothing back. */
  request<K extends Kind>(kind: K, body: Requests[K], signal?: AbortSignal): Promise<Answers[K]>;
  /** Where the pages of a live query and their patches go; null ends it. */
  setLive(live: number, sink: LiveSink | null): void;
  /** Ends the worker; what waits and what comes is refused with this error. */
  end(error?: CuesheetError): void;
}

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
  kind: Kind;
  /** When it was asked, by the clock of `performance`. */
  since: number;
  /** The signal is not listened to any more. */
  forget: () => void;
}

/**
 * Speaks to a worker, and to the next one when that ends or does not answer; `onStatus` hears of its
 * state.
 */
export function createWorkerPort(
  connect: Connect,
  onStatus: (status: Status) => void,
  periodMs?: number,
): WorkerPort {
  const waiting = new Map<number, Waiting>();
  const unanswered = createUnanswered();
  const sinks = new Map<number, LiveSink>();
  let last = 0;
  let link: Link | null = null;
  let opened = 0; // the number of the request that opened the database
  let restarts: number[] = []; // when, by the clock of `performance`
  let ended: CuesheetError | null = null;
  let deadline: ReturnType<typeof setTimeout> | undefined; // of the request that waits the longest
  const patience = createPatience(
    {
      isWaiting: () => link !== null && unanswered.expects(),
      ask: () => link?.post({ ping: true }),
      onSilent() {
        link?.end();
        restart(false);
      },
    },
    periodMs,
  );

  function take(request: number): Waiting | undefined {
    const entry = waiting.get(request);
    waiting.delete(request);
    entry?.forget();
    return entry;
  }

  /** One timer for all requests: a read takes less time than to set a timer and to clear it. */
  function limit() {
    const [oldest] = waiting.values();
    if (!oldest || deadline !== undefined) return;
    deadline = setTimeout(expire, oldest.since + REQUEST_TIMEOUT_MS - performance.now());
  }

  function expire() {
    deadline = undefined;
    const now = performance.now();
    for (const [request, { since, kind, reject }] of [...waiting]) {
      if (since + REQUEST_TIMEOUT_MS > now) break;
      take(request);
      unanswered.drop(request);
      reject(new CuesheetError('timeout', `the worker did not answer '${kind}'`));
    }
    limit();
  }

  function end(error: CuesheetError) {
    ended ??= error;
    for (const request of [...waiting.keys()]) take(request)?.reject(ended);
    sinks.clear();
    clearTimeout(deadline);
    patience.stop();
    link?.end();
    link = null;
  }

  async function start(mayShare: boolean): Promise<void> {
    try {
      const next = await connect({ onMessage, onGone: () => restart(true) }, mayShare);
      if (ended) return next.end();
      link = next;
      for (const message of unanswered.handOver(false).again) send(next, message);
    } catch (error) {
      end(error as CuesheetError);
    }
  }

  /** The worker is gone: of the writes that it got nobody knows, the rest is asked again. */
  function restart(mayShare: boolean) {
    link = null;
    patience.stop();
    if (ended) return;
    for (const reply of unanswered.handOver(false).lost) answer(reply);
    const now = performance.now();
    restarts = [...restarts.filter((at) => at + RESTARTS_MS > now), now];
    if (restarts.length > MAX_RESTARTS) end(new CuesheetError('state', STOPPED));
    else void start(mayShare);
  }

  function send(to: Link, message: RequestMessage) {
    unanswered.mark(message.request, 'taken');
    patience.start();
    to.post(message);
  }

  function answer(reply: ReplyMessage) {
    unanswered.settle(reply);
    const asking = take(reply.reply);
    if ('value' in reply) {
      asking?.resolve(reply.value as never);
      if (!asking && reply.reply === opened) onStatus(reply.value as Status); // of another owner
    } else {
      const error = new CuesheetError(reply.error.code, reply.error.message);
      asking?.reject(error);
      if (!asking && reply.reply === opened) end(error);
    }
  }

  function onMessage(message: FromWorker) {
    patience.heard();
    if ('status' in message) {
      onStatus(message.status);
    } else if ('live' in message) {
      const sink = sinks.get(message.live);
      if ('page' in message) sink?.page(message.page);
      else sink?.patches(message.patches);
    } else if ('reply' in message) {
      answer(message);
    }
  }

  /** Queues the request, or sends it; what may be asked again must not change meanwhile. */
  function ask(message: RequestMessage) {
    const kept = link && !REPEATABLE.includes(message.kind) ? message : copyOf(message);
    unanswered.add(kept);
    if (link) send(link, kept);
  }

  void start(true);
  return {
    request<K extends Kind>(kind: K, body: Requests[K], signal?: AbortSignal) {
      if (ended) return Promise.reject(ended);
      if (signal?.aborted) return Promise.reject(abortError());
      const request = ++last;
      if (kind === 'open') opened = request;
      return new Promise<Answers[K]>((resolve, reject) => {
        const onAbort = () => take(request)?.reject(abortError());
        signal?.addEventListener('abort', onAbort);
        const forget = () => signal?.removeEventListener('abort', onAbort);
        waiting.set(request, { resolve, reject, kind, since: performance.now(), forget });
        limit();
        try {
          ask({ request, kind, body });
        } catch (error) {
          take(request); // a function, say, which no message can carry
          unanswered.drop(request);
          reject(new CuesheetError('invalid', (error as Error).message));
        }
      });
    },
    setLive(live, sink) {
      if (sink) sinks.set(live, sink);
      else sinks.delete(live);
    },
    end: (error = closed()) => end(error),
  };
}

/** @throws DataCloneError for what no message can carry. */
function copyOf(message: RequestMessage): RequestMessage {
  const isFlat = Object.values(message.body).every((value) => FLAT.includes(typeof value));
  return isFlat ? { ...message, body: { ...message.body } } : structuredClone(message);
}

/** Types whose values a copy shares. */
const FLAT: readonly string[] = ['string', 'number', 'boolean', 'undefined'];

const STOPPED = 'the worker of cuesheet stopped again and again: reload the page';

function closed(): CuesheetError {
  return new CuesheetError('closed', 'these events are closed: call openEvents() again');
}
