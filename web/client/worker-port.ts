import type {
  Answers,
  FromWorker,
  Kind,
  ReplyMessage,
  Requests,
  Status,
} from '../../worker/browser/protocol.ts';
import { createUnanswered } from '../../worker/browser/unanswered.ts';
import type { Connect } from './connect.ts';
import { abortError, CuesheetError } from './error.ts';
import { createWaiting } from './waiting.ts';
import { createWorkers } from './workers.ts';

export interface LiveSink {
  page(bytes: Uint8Array): void;
  patches(bytes: Uint8Array): void;
}

/** The page's side of the message protocol. */
export interface WorkerPort {
  /** The answer; `aborted` after the signal, which undoes nothing. */
  request<K extends Kind>(kind: K, body: Requests[K], signal?: AbortSignal): Promise<Answers[K]>;
  /** Where the pages of a live query and their patches go; null ends it. */
  setLive(live: number, sink: LiveSink | null): void;
  /** Ends the worker; waiting and later requests fail with this error. */
  end(error?: CuesheetError): void;
}

/**
 * Talks to a worker, and to the next one when that ends or does not answer; `onStatus` is called with its
 * state.
 */
export function createWorkerPort(
  connect: Connect,
  onStatus: (status: Status) => void,
  periodMs?: number,
): WorkerPort {
  const unanswered = createUnanswered();
  const waiting = createWaiting(unanswered.drop);
  const sinks = new Map<number, LiveSink>();
  let last = 0;
  let opened = 0; // the number of the request that opened the database
  let ended: CuesheetError | null = null;
  let status: Status | null = null; // the last one
  const workers = createWorkers(
    connect,
    unanswered,
    { message: onMessage, failed: fail },
    periodMs,
  );

  function end(error: CuesheetError) {
    ended ??= error;
    waiting.end(ended);
    sinks.clear();
    workers.end();
  }

  function answer(reply: ReplyMessage) {
    unanswered.settle(reply);
    // No request waits for it: it is the answer of a new owner to `open`, which was sent again.
    if ('value' in reply) {
      const isStatus = reply.reply === opened;
      const value = isStatus ? noted(reply.value as Status) : reply.value;
      if (!waiting.resolve(reply.reply, value) && isStatus) onStatus(value as Status);
    } else {
      const error = new CuesheetError(reply.error.code, reply.error.message);
      if (!waiting.reject(reply.reply, error) && reply.reply === opened) fail(error);
    }
  }

  function noted(next: Status): Status {
    const reload = next?.reload ?? workers.reload();
    status = reload === null ? next : { ...next, reload };
    return status;
  }

  /** No worker can serve this page any more: what it has stays, and its status says so. */
  function fail(error: CuesheetError) {
    end(error);
    if (!status) return; // the database was never opened
    const { message } = error;
    onStatus({ ...status, connection: 'stopped', saving: false, message, reload: NO_WORKER });
  }

  function onMessage(message: FromWorker) {
    if ('status' in message) {
      onStatus(noted(message.status));
    } else if ('live' in message) {
      const sink = sinks.get(message.live);
      if ('page' in message) sink?.page(message.page);
      else sink?.patches(message.patches);
    } else if ('reply' in message) {
      answer(message);
    }
  }

  return {
    request<K extends Kind>(kind: K, body: Requests[K], signal?: AbortSignal) {
      if (ended) return Promise.reject(ended);
      if (signal?.aborted) return Promise.reject(abortError());
      const request = ++last;
      if (kind === 'open') opened = request;
      const answered = waiting.add(request, kind, signal);
      try {
        workers.ask({ request, kind, body });
      } catch (error) {
        unanswered.drop(request); // for example a function, which cannot be cloned
        waiting.reject(request, new CuesheetError('invalid', (error as Error).message));
      }
      return answered;
    },
    setLive(live, sink) {
      if (sink) sinks.set(live, sink);
      else sinks.delete(live);
    },
    end: (error = closed()) => end(error),
  };
}

function closed(): CuesheetError {
  return new CuesheetError('closed', 'these events are closed: call openEvents() again');
}

const NO_WORKER = 'no worker can serve this page any more: reload it';
