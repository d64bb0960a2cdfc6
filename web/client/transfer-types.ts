/** Where an export or an import stands. */
export interface TransferProgress {
  /** Events that went out, or lines that were read: new, known or refused. */
  readonly events: number;
  /** Bytes of NDJSON so far. */
  readonly bytes: number;
  /** How many there will be, when the source says so: a Blob does. */
  readonly totalBytes?: number;
  /** About how many there will be: of an export. */
  readonly totalEvents?: number;
}

/** How far a check of the files is. */
export interface VerifyProgress {
  /** Files that were checked. */
  readonly files: number;
  /** Problems so far. */
  readonly problems: number;
}

/** Options of long work. */
export interface LongWorkOptions<Progress> {
  /** Ends the work between two steps; its promise rejects with `aborted`. */
  signal?: AbortSignal;
  /** Called after every step. */
  onProgress?: (progress: Progress) => void;
}

/** NDJSON, an event a line, cut anywhere; strings are UTF-8 when they are joined. */
export type ImportSource = Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

/** What became of the lines of an import. */
export interface ImportReport {
  /** Events that are new here. */
  readonly events: number;
  /** Events whose id was here already; they stay as they are. */
  readonly known: number;
  /** Lines that are no event, or one whose hash another event has. */
  readonly refused: number;
  /** The first 100 refused lines by their number in the whole source, from 1. */
  readonly refusals: readonly { readonly line: number; readonly message: string }[];
}

/** What a check of the files found. */
export interface VerifyReport {
  /** Files that were checked. */
  readonly files: number;
  /** What is wrong, empty = nothing. */
  readonly problems: readonly { readonly file: string; readonly message: string }[];
}
