/**
 * What is wrong with the storage. `quota`: the disk or the origin's share of it is full. `unavailable`:
 * IndexedDB is missing, refused, blocked by another tab, or does not answer. `closed`: the browser ended
 * the connection during a commit. `lost`: the database was deleted while it was open, and not all of it was
 * in memory. `fenced`: another worker owns the database now. `checkpoint`: everything is saved, but no
 * checkpoint can be written, so the journal grows. `memory`: the worker may not use more memory, so what is new on
 * the server does not come here.
 */
export type StorageProblemKind =
  'quota' | 'unavailable' | 'closed' | 'lost' | 'fenced' | 'checkpoint' | 'memory';

/** The storage failed to save. `kind` is stable; `message` says what to do. */
export class StorageProblem extends Error {
  readonly kind: StorageProblemKind;
  constructor(kind: StorageProblemKind, message: string) {
    super(message);
    this.name = 'StorageProblem';
    this.kind = kind;
  }
}

/** Any error of IndexedDB or IDBFS as a StorageProblem. */
export function asProblem(error: unknown): StorageProblem {
  if (error instanceof StorageProblem) return error;
  const { name, message } = (error ?? {}) as { name?: string; message?: string };
  if (name === 'QuotaExceededError') {
    return new StorageProblem('quota', 'the space that the browser gives this site is full');
  }
  if (error === null || name === 'AbortError' || name === 'InvalidStateError') {
    return new StorageProblem('closed', 'the browser closed the connection to IndexedDB');
  }
  if (name === 'VersionError') {
    return new StorageProblem('unavailable', 'a newer version has changed it: reload the page');
  }
  return new StorageProblem('unavailable', message || String(error));
}
