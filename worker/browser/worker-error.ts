import { CoreError } from '../../wasm/load.ts';
import type { ErrorMessage, EventsErrorCode } from './protocol.ts';

/** An error with one of the codes that cross to the page. */
export class WorkerError extends Error {
  readonly code: EventsErrorCode;
  constructor(code: EventsErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** How an error crosses to the page. */
export function errorMessage(error: unknown): ErrorMessage {
  if (error instanceof WorkerError || error instanceof CoreError) {
    return { code: error.code, message: error.message };
  }
  return { code: 'storage', message: error instanceof Error ? error.message : String(error) };
}
