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

/** Of a promise whose signal says that nobody waits for it any more. */
export function abortError(): CuesheetError {
  return new CuesheetError('aborted', 'aborted by its signal: what was done until then stays');
}

/** What nobody listens to fails loudly, as an uncaught error. */
export function reportError(error: Error): void {
  queueMicrotask(() => {
    throw error;
  });
}
