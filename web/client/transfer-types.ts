/** The progress of an export or an import. */
export interface TransferProgress {
  /** Exported events, or imported lines: new, known or refused. */
  readonly events: number;
  /** Bytes of NDJSON so far. */
  readonly bytes: number;
  /** The total, when the source has a size, as a Blob does. */
  readonly totalBytes?: number;
  /** The approximate total of an export. */
  readonly totalEvents?: number;
}

/** The progress of a check of the files. */
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

/** The outcome of the lines of an import. */
export interface ImportReport {
  /** New events. */
  readonly events: number;
  /** Events whose id the database had already; they stay as they are. */
  readonly known: number;
  /** Lines that are not an event, or whose hash another event has. */
  readonly refused: number;
  /** The first 100 refused lines by their number in the whole source, from 1. */
  readonly refusals: readonly { readonly line: number; readonly message: string }[];
  /**
   * The line at which memory was full; it and those after it were not imported. Absent = all were. The same
   * import goes on from there once there is room: what is here already stays as it is.
   */
  readonly stopped?: { readonly line: number; readonly message: string };
}

/** The result of a check of the files. */
export interface VerifyReport {
  /** Files that were checked. */
  readonly files: number;
  /** A sentence for each problem; empty = none. */
  readonly problems: readonly { readonly file: string; readonly message: string }[];
}
