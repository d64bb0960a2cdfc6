import { entropy } from '../../wasm/entropy.ts';
import { holdLock, pageLock, webLocks, whenFree } from '../../worker/browser/locks.ts';
import type {
  FromWorker,
  HelloMessage,
  PingMessage,
  RequestMessage,
  WorkerMessage,
} from '../../worker/browser/protocol.ts';
import { PROTOCOL_VERSION, versionOf } from '../../worker/browser/versions.ts';
import { CuesheetError } from './error.ts';

/** Longest wait for the first message of a worker, in milliseconds. */
const SHARED_TIMEOUT_MS = 10_000;
const DEDICATED_TIMEOUT_MS = 60_000;

/** The page's end of its connection: a MessagePort, or a dedicated worker. */
export interface ClientPort {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  /** @throws DataCloneError for a value that cannot be cloned. */
  postMessage(message: HelloMessage | RequestMessage | PingMessage): void;
}

/** A worker that serves this page. It sends nothing before the first request. */
export interface Link {
  port: ClientPort;
  /** The version of the worker. */
  version: number;
  /** Other pages use the worker too, so that it goes on when this page releases it. */
  isShared: boolean;
  /** Releases the worker, and stops listening. A worker of this page alone ends. */
  end(): void;
}

/**
 * `onGone` is called once when the worker has ended, and not after `end`. `mayShare`: false = not the
 * SharedWorker, which does not answer.
 */
export type Connect = (onGone: () => void, mayShare: boolean) => Promise<Link>;

interface Started {
  port: ClientPort;
  isShared: boolean;
  worker: AbstractWorker;
  close(): void;
}

/**
 * Connects pages to the worker at `url`: a SharedWorker where there is one, so that it outlives tabs, else
 * (or when it cannot start) one of the page's own.
 */
export function createConnect(url: string | URL): Connect {
  return async (onGone, mayShare) => {
    if (mayShare && typeof SharedWorker !== 'undefined' && (await webLocks())) {
      try {
        return await shakeHands(startShared(url), onGone, SHARED_TIMEOUT_MS);
      } catch {
        // if the page's own worker does not start either, its error says why
      }
    }
    return shakeHands(startDedicated(url), onGone, DEDICATED_TIMEOUT_MS);
  };
}

/** Pages of one version share a worker, also while a deployment replaces `worker.js` under an open tab. */
function startShared(url: string | URL): Started {
  const worker = new SharedWorker(url, { type: 'module', name: `cuesheet ${PROTOCOL_VERSION}` });
  return { port: worker.port, isShared: true, worker, close: () => worker.port.close() };
}

function startDedicated(url: string | URL): Started {
  try {
    const worker = new Worker(url, { type: 'module', name: 'cuesheet' });
    return { port: worker, isShared: false, worker, close: () => worker.terminate() };
  } catch (error) {
    throw new CuesheetError('state', `the worker cannot start: ${(error as Error).message}`);
  }
}

/** Resolves when the worker has answered the first message. */
async function shakeHands(
  { port, isShared, worker, close }: Started,
  onGone: () => void,
  timeoutMs: number,
): Promise<Link> {
  const locks = await webLocks();
  const page = entropy();
  const release = locks ? await holdLock(locks, pageLock(page)) : () => {};
  let stopWatching = () => {};

  function end() {
    port.onmessage = null;
    worker.onerror = null;
    stopWatching();
    close();
    release();
  }

  function gone() {
    end();
    onGone();
  }

  const hello = new Promise<WorkerMessage>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new CuesheetError('timeout', 'the worker of cuesheet does not start'));
    }, timeoutMs);
    port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (!('worker' in data)) return;
      clearTimeout(timer);
      resolve(data);
    };
    worker.onerror = (event) => {
      clearTimeout(timer);
      const text = (event as ErrorEvent).message || 'is worker.js served at workerUrl?';
      reject(new CuesheetError('state', `the worker of cuesheet stopped: ${text}`));
    };
    port.postMessage({ page, version: PROTOCOL_VERSION });
  });
  let version: number;
  try {
    const answer = await hello;
    version = versionOf(answer);
    if (locks && answer.worker !== null) stopWatching = whenFree(locks, answer.worker, gone);
  } catch (error) {
    end();
    throw error;
  }
  port.onmessage = null;
  // For a running worker this is a crash, because its errors are answers.
  worker.onerror = gone;
  return { port, version, isShared, end };
}
