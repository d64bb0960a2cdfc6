import type { Answers, FromWorker, Kind, Requests, Status } from '../../worker/browser/protocol.ts';
import { CuesheetError } from './error.ts';

/** Longest wait for an answer of the worker, in milliseconds; it has shorter ones for its own. */
const REQUEST_TIMEOUT_MS = 60_000;

export interface LiveSink {
  page(bytes: Uint8Array): void;
  patches(bytes: Uint8Array): void;
}

/** The page's side of the message protocol. */
export interface WorkerPort {
  request<K extends Kind>(kind: K, body: Requests[K]): Promise<Answers[K]>;
  /** Where the pages of a live query and their patches go; null ends it. */
  setLive(live: number, sink: LiveSink | null): void;
  end(): void;
}

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** Speaks to a worker; `onStatus` hears of its state. */
export function createWorkerPort(worker: Worker, onStatus: (status: Status) => void): WorkerPort {
  const waiting = new Map<number, Waiting>();
  const sinks = new Map<number, LiveSink>();
  let last = 0;
  let ended: CuesheetError | null = null;

  function take(request: number): Waiting | undefined {
    const entry = waiting.get(request);
    waiting.delete(request);
    clearTimeout(entry?.timer);
    return entry;
  }

  function end(error: CuesheetError) {
    ended ??= error;
    for (const request of [...waiting.keys()]) take(request)?.reject(ended);
    worker.terminate();
  }

  worker.onmessage = (event: MessageEvent<FromWorker>) => {
    const message = event.data;
    if ('status' in message) {
      onStatus(message.status);
    } else if ('live' in message) {
      const sink = sinks.get(message.live);
      if ('page' in message) sink?.page(message.page);
      else sink?.patches(message.patches);
    } else if ('value' in message) {
      take(message.reply)?.resolve(message.value as never);
    } else {
      take(message.reply)?.reject(new CuesheetError(message.error.code, message.error.message));
    }
  };
  // Of a worker that runs this is a crash: its errors are answers otherwise.
  worker.onerror = (event) => {
    const text = event.message || 'is worker.js served at workerUrl, and may it run?';
    end(new CuesheetError('state', `the worker of cuesheet stopped: ${text}`));
  };

  return {
    request<K extends Kind>(kind: K, body: Requests[K]) {
      if (ended) return Promise.reject(ended);
      const request = ++last;
      return new Promise<Answers[K]>((resolve, reject) => {
        const timer = setTimeout(() => {
          take(request);
          reject(new CuesheetError('timeout', `the worker did not answer '${kind}'`));
        }, REQUEST_TIMEOUT_MS);
        waiting.set(request, { resolve, reject, timer });
        try {
          worker.postMessage({ request, kind, body });
        } catch (error) {
          take(request); // a function, say, which no message can carry
          reject(new CuesheetError('invalid', (error as Error).message));
        }
      });
    },
    setLive(live, sink) {
      if (sink) sinks.set(live, sink);
      else sinks.delete(live);
    },
    end: () => end(new CuesheetError('closed', 'these events are closed: call openEvents() again')),
  };
}
