/** How often to ping a side that owes an answer, in milliseconds. */
const PERIOD_MS = 2_000;
/** After this many periods without a message, the side counts as frozen. */
const SILENT_PERIODS = 4;

/** How long a page or a guest waits for a side that may be frozen. */
export interface Patience {
  /** Call this with every request. */
  start(): void;
  /** Call this with every message from the other side. */
  heard(): void;
  stop(): void;
}

export interface Wait {
  isWaiting(): boolean;
  /** Sends a ping. */
  ask(): void;
  /** The other side sent nothing in all periods; called once per `start`. */
  onSilent(): void;
}

/**
 * Counts periods and not time: a side that was frozen itself wakes up to one finished period, and gets the
 * messages that arrived meanwhile before the next one.
 */
export function createPatience(wait: Wait, periodMs: number = PERIOD_MS): Patience {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let silent = 0;

  function stop() {
    clearTimeout(timer);
    timer = undefined;
    silent = 0;
  }

  function tick() {
    if (!wait.isWaiting()) return stop();
    if (++silent > SILENT_PERIODS) {
      stop();
      wait.onSilent();
      return;
    }
    wait.ask();
    timer = setTimeout(tick, periodMs);
  }

  return {
    start() {
      timer ??= setTimeout(tick, periodMs);
    },
    heard() {
      silent = 0;
    },
    stop,
  };
}
