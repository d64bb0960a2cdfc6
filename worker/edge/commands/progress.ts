/** A line on the terminal changes at most this often, in milliseconds. */
const FRAME_MS = 100;
const CLEAR_LINE = '\r\x1b[K';

/** Progress of long work, on one line of a terminal; silent without a terminal. */
export interface ProgressLine {
  show(text: string): void;
  /** Removes the line. */
  end(): void;
}

export function createProgressLine(
  out: NodeJS.WritableStream & { isTTY?: boolean } = process.stderr,
): ProgressLine {
  let shown = 0;
  return {
    show(text) {
      const now = Date.now();
      if (!out.isTTY || now - shown < FRAME_MS) return;
      shown = now;
      out.write(CLEAR_LINE + text);
    },
    end() {
      if (shown > 0) out.write(CLEAR_LINE);
    },
  };
}

const whole = new Intl.NumberFormat('en');
const MIB = 1 << 20;

export function eventsText(events: number): string {
  return `${whole.format(events)} ${events === 1 ? 'event' : 'events'}`;
}

export function sizeText(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
