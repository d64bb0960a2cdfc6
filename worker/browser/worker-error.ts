import { CoreCrash, CoreError } from '../../wasm/load.ts';
import { StorageProblem, type StorageProblemKind } from '../../wasm/storage-problem.ts';
import type { ErrorMessage, EventsErrorCode } from './protocol.ts';

/** An error with one of the codes that cross to the page. */
export class WorkerError extends Error {
  readonly code: EventsErrorCode;
  constructor(code: EventsErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const PROBLEM_CODES: Partial<Record<StorageProblemKind, EventsErrorCode>> = {
  quota: 'quota',
  fenced: 'owner_lost',
};

/** How an error crosses to the page. */
export function errorMessage(error: unknown): ErrorMessage {
  if (error instanceof WorkerError || error instanceof CoreError) {
    return { code: error.code, message: error.message };
  }
  if (error instanceof StorageProblem) {
    return { code: PROBLEM_CODES[error.kind] ?? 'storage', message: error.message };
  }
  if (isCrash(error)) {
    return { code: 'state', message: `${error.message}: check whether this was done` };
  }
  return { code: 'storage', message: error instanceof Error ? error.message : String(error) };
}

/** The core has ended, and its worker ends too (session.ts). */
export function isCrash(error: unknown): error is CoreCrash {
  return error instanceof CoreCrash;
}

/** The code of a refusal by the server, from its HTTP status. */
export function codeOfStatus(status: number): EventsErrorCode {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 409) return 'conflict';
  if (status === 413) return 'too_large';
  if (status === 507) return 'quota';
  return status < 500 ? 'invalid' : 'server';
}
