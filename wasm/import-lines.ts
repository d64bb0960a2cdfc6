/**
 * For every host that imports NDJSON (docs/border.md, import): chunks of whole lines, and one report about
 * all of them.
 */

/** Lines are sent in chunks of about this size, in bytes. */
const CHUNK_BYTES = 4 << 20;
/** The longest line that the core reads, in bytes (docs/border.md, import). */
const MAX_LINE_BYTES = 8 << 20;
const NEWLINE = 10;

/** Whole lines; `line` is the number of the first one in the source, from 1. */
export interface LineChunk {
  line: number;
  lines: Uint8Array;
}

/**
 * Cuts a stream of bytes at line ends into chunks of at most 4 MiB, or of one longer line. Holds at
 * most the longest line. It skips a longer line as it arrives, and calls `tooLong` with its number.
 */
export async function* chunksOfLines(
  source: AsyncIterable<Uint8Array>,
  tooLong: (line: number) => void,
  chunkBytes: number = CHUNK_BYTES,
  maxLineBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<LineChunk> {
  const buffer = new Uint8Array(Math.max(chunkBytes, maxLineBytes + 1));
  let size = 0;
  let cut = 0; // behind the last line end in the buffer
  let line = 1; // the number of the first line in the buffer
  let skipping = false; // the rest of a line that is too long

  const chunk = (end: number): LineChunk => {
    const lines = buffer.slice(0, end);
    buffer.copyWithin(0, end, size);
    const first = line;
    line += countLines(lines);
    size -= end;
    cut = 0;
    return { line: first, lines };
  };

  for await (const piece of source) {
    for (let rest = piece; rest.length > 0;) {
      if (skipping) {
        const end = rest.indexOf(NEWLINE);
        skipping = end < 0;
        rest = rest.subarray(skipping ? rest.length : end + 1);
        continue;
      }
      const room = size < chunkBytes ? chunkBytes - size : buffer.length - size;
      const taken = rest.subarray(0, room);
      rest = rest.subarray(room);
      buffer.set(taken, size);
      const end = taken.lastIndexOf(NEWLINE);
      if (end >= 0) cut = size + end + 1;
      size += taken.length;
      const isTooLong = size - cut > maxLineBytes; // of the line that has not ended yet
      if (cut > 0 && (size >= chunkBytes || isTooLong)) yield chunk(cut);
      if (isTooLong) {
        tooLong(line++);
        size = 0;
        skipping = true;
      }
    }
  }
  if (size > 0) yield chunk(size);
}

/** The source from line `from` on (from 1). */
export async function* linesFrom(
  source: AsyncIterable<Uint8Array>,
  from: number,
): AsyncGenerator<Uint8Array> {
  let skip = from - 1;
  for await (const piece of source) {
    let at = 0;
    for (; skip > 0; skip--) {
      const end = piece.indexOf(NEWLINE, at);
      if (end < 0) break;
      at = end + 1;
    }
    if (skip === 0 && at < piece.length) yield piece.subarray(at);
  }
}

function countLines(lines: Uint8Array): number {
  let count = lines.at(-1) === NEWLINE ? 0 : 1;
  for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** The outcome of the lines of one chunk, or of all, with the first 100 refusals. */
export interface ImportAnswer {
  /** New here. */
  events: number;
  /** Here already, by their id. */
  known: number;
  refused: number;
  refusals: { line: number; message: string }[];
  /** The line at which memory was full: it and those after it were not read. Absent = all were. */
  stopped?: { line: number; message: string };
}

/** Refused lines that a report names. */
const MAX_REFUSALS = 100;

/**
 * Adds up the answers of all chunks, in any order; `report` has the lines of the whole, of which the chunks
 * begin with line `from`.
 */
export function createImportReport(from = 1): {
  report: ImportAnswer;
  add(chunk: LineChunk, answer: ImportAnswer): void;
  addTooLong(line: number): void;
} {
  const report: ImportAnswer = { events: 0, known: 0, refused: 0, refusals: [] };
  function refuse(refusals: ImportAnswer['refusals']) {
    const all = [...report.refusals, ...refusals].sort((a, b) => a.line - b.line);
    report.refusals = all.slice(0, MAX_REFUSALS);
  }
  return {
    report,
    add(chunk, { events, known, refused, refusals, stopped }) {
      report.events += events;
      report.known += known;
      report.refused += refused;
      const inSource = ({ line, message }: { line: number; message: string }) => {
        return { line: from - 1 + chunk.line - 1 + line, message };
      };
      refuse(refusals.map(inSource));
      const at = stopped && inSource(stopped);
      if (at && (!report.stopped || at.line < report.stopped.line)) report.stopped = at;
    },
    addTooLong(line) {
      report.refused++;
      const message = `the line is longer than ${MAX_LINE_BYTES >> 20} MiB, the limit for an event`;
      refuse([{ line: from - 1 + line, message }]);
    },
  };
}
