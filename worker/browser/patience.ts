/** How often somebody who owes an answer is asked whether it is there, in milliseconds. */
const PERIOD_MS = 2_000;
/** Periods without any word from it after which it counts as frozen. */
const SILENT_PERIODS = 4;

/** How long a page or a guest waits for a side that may be frozen. */
export interface Patience {
  /** To be called with every request. */
  start(): void;
  /** To be called with every message from the other side. */
  heard(): void;
  stop(): void;
}

export interface Wait {
  isWaiting(): boolean;
  /** Sends a ping. */
  ask(): void;
  /** The other side has been silent all the time; called once per `start`. */
  onSilent(): void;
}

/**
 * Counts periods, not time: who was frozen itself wakes up to one period that is over, and hears what
 * came meanwhile before the next one.
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
