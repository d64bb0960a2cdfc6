import { createPatience } from '../../worker/browser/patience.ts';
import { type FromWorker, REPEATABLE, type RequestMessage } from '../../worker/browser/protocol.ts';
import type { Unanswered } from '../../worker/browser/unanswered.ts';
import { knows, refusalOfOlderWorker, reloadOfWorker } from '../../worker/browser/versions.ts';
import type { Connect, Link } from './connect.ts';
import { CuesheetError } from './error.ts';
import { onPageCache } from './page-cache.ts';

/** A page gives up when more of its workers have ended within the time, in milliseconds. */
const MAX_RESTARTS = 5;
const RESTARTS_MS = 60_000;

/** The worker that serves this page, and the next one when it ends or does not answer. */
export interface Workers {
  /**
   * Sends the request, or keeps it until there is a worker.
   * @throws DataCloneError for a value that cannot be cloned.
   */
  ask(message: RequestMessage): void;
  /** What the status says while the worker is too old for some requests; else null. */
  reload(): string | null;
  /** Releases the worker. */
  end(): void;
}

/** `unanswered` decides what to send to the next worker; `on.failed` is called when there is none. */
export function createWorkers(
  connect: Connect,
  unanswered: Unanswered,
  on: { message(message: FromWorker): void; failed(error: CuesheetError): void },
  periodMs?: number,
): Workers {
  let link: Link | null = null;
  let restarts: number[] = []; // when, by the clock of `performance`
  let ended = false;
  let isAway = false; // the page is in the back/forward cache, without a worker
  let starts = 0; // only the last one counts
  const patience = createPatience(
    {
      isWaiting: () => link !== null && unanswered.expects(),
      ask: () => link?.port.postMessage({ ping: true }),
      onSilent() {
        link?.end();
        restart(false);
      },
    },
    periodMs,
  );

  async function start(mayShare: boolean): Promise<void> {
    const number = ++starts;
    try {
      const next = await connect(() => restart(true), mayShare);
      if (ended || number !== starts) return next.end();
      link = next;
      next.port.onmessage = ({ data }) => onMessage(data);
      for (const message of unanswered.handOver(false).again) send(next, message);
    } catch (error) {
      if (number === starts) on.failed(error as CuesheetError);
    }
  }

  /** The worker has ended. Its writes may have been done or not; other requests are sent again. */
  function restart(mayShare: boolean) {
    link = null;
    patience.stop();
    if (ended) return;
    for (const reply of unanswered.handOver(false).lost) on.message(reply);
    const now = performance.now();
    restarts = [...restarts.filter((at) => at + RESTARTS_MS > now), now];
    if (restarts.length > MAX_RESTARTS) on.failed(new CuesheetError('state', STOPPED));
    else void start(mayShare);
  }

  /**
   * A message that arrives at a page in the back/forward cache evicts it there, so the page releases its
   * worker. A write that is under way needs its answer: then the page may be evicted.
   */
  function leave() {
    if ((link && !link.isShared) || unanswered.hasWrite()) return;
    isAway = true;
    starts++;
    link?.end();
    link = null;
    patience.stop();
  }

  function comeBack() {
    if (!isAway) return;
    isAway = false;
    void start(true);
  }

  function send(to: Link, message: RequestMessage) {
    unanswered.begin(message);
    if (!knows(to.version, message.kind)) {
      return on.message({ reply: message.request, error: refusalOfOlderWorker() });
    }
    patience.start();
    to.port.postMessage(message);
  }

  function onMessage(message: FromWorker) {
    patience.heard();
    on.message(message);
  }

  const stopWatching = onPageCache(leave, comeBack);
  void start(true);
  return {
    ask(message) {
      // A request that may be sent again must not change meanwhile.
      const kept = link && !REPEATABLE.includes(message.kind) ? message : copyOf(message);
      unanswered.add(kept);
      if (link) send(link, kept);
    },
    reload: () => link && reloadOfWorker(link.version),
    end() {
      ended = true;
      stopWatching();
      patience.stop();
      link?.end();
      link = null;
    },
  };
}

/** @throws DataCloneError for a value that cannot be cloned. */
function copyOf(message: RequestMessage): RequestMessage {
  const isFlat = Object.values(message.body).every((value) => FLAT.includes(typeof value));
  return isFlat ? { ...message, body: { ...message.body } } : structuredClone(message);
}

/** Types whose values a copy shares. */
const FLAT: readonly string[] = ['string', 'number', 'boolean', 'undefined'];

const STOPPED = 'the worker of cuesheet stopped again and again: reload the page';
