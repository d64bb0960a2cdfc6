import type { EventsErrorCode } from '../../worker/browser/protocol.ts';

/**
 * Everything that this package throws. `code` is stable, `message` says what happened and what to do.
 *
 * @example
 * try { await events.dispatch({ topic: 'x' }) }
 * catch (error) { if (error instanceof CuesheetError && error.code === 'invalid') … }
 */
export class CuesheetError extends Error {
  readonly code: EventsErrorCode;
  constructor(code: EventsErrorCode, message: string) {
    super(message);
    this.name = 'CuesheetError';
    this.code = code;
  }
}

/** The error of a promise after its signal. */
export function abortError(): CuesheetError {
  return new CuesheetError('aborted', 'aborted by its signal: what was done until then stays');
}

/** An error without a listener becomes an uncaught error. */
export function reportError(error: Error): void {
  queueMicrotask(() => {
    throw error;
  });
}
