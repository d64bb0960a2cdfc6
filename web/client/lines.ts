import { CuesheetError } from './error.ts';
import type { ImportSource } from './transfer-types.ts';

/** Lines are sent in chunks of about this size, in bytes. */
const CHUNK_BYTES = 4 << 20;
/** The longest line that the core reads, in bytes (docs/border.md, import). */
export const MAX_LINE_BYTES = 8 << 20;
const NEWLINE = 10;

/** Whole lines, or a line that is too long to be one; `line` is the number of the first, from 1. */
export type LineChunk =
  { line: number; lines: Uint8Array; count: number } | { line: number; tooLong: true };

/**
 * Cuts a stream of bytes at line ends into chunks of at most 4 MiB, or of one longer line. Holds at
 * most the longest line; what is longer is skipped as it comes.
 */
export async function* chunksOfLines(
  source: AsyncIterable<Uint8Array>,
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
    const count = countLines(lines);
    line += count;
    size -= end;
    cut = 0;
    return { line: first, lines, count };
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
      if (size >= chunkBytes && cut > 0) {
        yield chunk(cut);
      } else if (size > maxLineBytes) {
        yield { line: line++, tooLong: true };
        size = 0;
        skipping = true;
      }
    }
  }
  if (size > 0) yield chunk(size);
}

function countLines(lines: Uint8Array): number {
  let count = lines.at(-1) === NEWLINE ? 0 : 1;
  for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** The bytes of any source; a stream is cancelled when the reader stops before its end. */
export function bytesOf(source: ImportSource, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  if (source instanceof Blob) return bytesOfStream(source.stream(), signal);
  if (source instanceof ReadableStream) return bytesOfStream(source, signal);
  if (typeof source?.[Symbol.asyncIterator] === 'function') return encoded(source);
  const text = 'import: expected a Blob, a ReadableStream of bytes or an async iterable';
  throw new CuesheetError('invalid', text);
}

async function* bytesOfStream(
  stream: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  // A stream that has nothing to give must not hold an abort up.
  const cancel = () => void reader.cancel().catch(() => {});
  signal?.addEventListener('abort', cancel);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', cancel);
    cancel();
  }
}

async function* encoded(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const piece of source) yield typeof piece === 'string' ? encoder.encode(piece) : piece;
}
