import type { Answers, Kind } from '../../worker/browser/protocol.ts';
import { abortError, CuesheetError } from './error.ts';

/** Longest wait for an answer of the worker, in milliseconds; the worker's own waits are shorter. */
const REQUEST_TIMEOUT_MS = 60_000;

/** The promises of requests that have no answer yet. */
export interface Waiting {
  /** The answer to a request; `aborted` after the signal, `timeout` after a minute. */
  add<K extends Kind>(request: number, kind: K, signal?: AbortSignal): Promise<Answers[K]>;
  /** False when no request waits for it (any more), here and below. */
  resolve(request: number, value: Answers[Kind]): boolean;
  reject(request: number, error: Error): boolean;
  /** Rejects all of them. */
  end(error: Error): void;
}

interface Entry {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
  kind: Kind;
  /** When it was asked, by the clock of `performance`. */
  since: number;
  /** The signal is not listened to any more. */
  forget: () => void;
}

/** `expired` is called for a request whose answer did not arrive in time. */
export function createWaiting(expired: (request: number) => void): Waiting {
  const entries = new Map<number, Entry>();
  let deadline: ReturnType<typeof setTimeout> | undefined; // of the request that waits the longest

  function take(request: number): Entry | undefined {
    const entry = entries.get(request);
    entries.delete(request);
    entry?.forget();
    return entry;
  }

  function reject(request: number, error: Error): boolean {
    const entry = take(request);
    entry?.reject(error);
    return entry !== undefined;
  }

  /** One timer for all requests: to set and clear one takes longer than a read. */
  function limit() {
    const [oldest] = entries.values();
    if (!oldest || deadline !== undefined) return;
    deadline = setTimeout(expire, oldest.since + REQUEST_TIMEOUT_MS - performance.now());
  }

  function expire() {
    deadline = undefined;
    const now = performance.now();
    for (const [request, { since, kind }] of [...entries]) {
      if (since + REQUEST_TIMEOUT_MS > now) break;
      expired(request);
      reject(request, new CuesheetError('timeout', `the worker did not answer '${kind}'`));
    }
    limit();
  }

  return {
    add: (request, kind, signal) =>
      new Promise((resolve, refuse) => {
        const onAbort = () => reject(request, abortError());
        signal?.addEventListener('abort', onAbort);
        const forget = () => signal?.removeEventListener('abort', onAbort);
        entries.set(request, { resolve, reject: refuse, kind, since: performance.now(), forget });
        limit();
      }),
    resolve(request, value) {
      const entry = take(request);
      entry?.resolve(value as never);
      return entry !== undefined;
    },
    reject,
    end(error) {
      for (const request of [...entries.keys()]) reject(request, error);
      clearTimeout(deadline);
    },
  };
}
