import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

const GZIP_MAGIC = [0x1f, 0x8b];

/**
 * Writes NDJSON to a file, packed with gzip when its name ends with `.gz`. The file gets its name only when it is
 * whole; until then it has a temporary one.
 */
export async function writeWhole(path: string, lines: AsyncIterable<Uint8Array>): Promise<void> {
  const unfinished = `${path}.part`;
  const file = createWriteStream(unfinished, { flush: true });
  try {
    if (path.endsWith('.gz')) await pipeline(Readable.from(lines), createGzip(), file);
    else await pipeline(Readable.from(lines), file);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/**
 * The lines of a file, or of standard input when it is `-`; unpacked when they are packed with gzip. `onRead` gets
 * the bytes that were read of the file.
 */
export async function* readLines(
  path: string,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const source: AsyncIterable<Uint8Array> = path === '-' ? process.stdin : createReadStream(path);
  const pieces = counted(source, onRead);
  const first = await pieces.next();
  if (first.done) return;
  const all = Readable.from(withFirst(first.value, pieces));
  if (!GZIP_MAGIC.every((byte, at) => first.value[at] === byte)) {
    yield* all;
    return;
  }
  const unpacked = createGunzip();
  const ended = pipeline(all, unpacked);
  ended.catch(() => {}); // the reader below gets the same error
  yield* unpacked;
  await ended;
}

async function* counted(source: AsyncIterable<Uint8Array>, onRead: (bytes: number) => void) {
  for await (const piece of source) {
    onRead(piece.length);
    yield piece;
  }
}

async function* withFirst(first: Uint8Array, rest: AsyncIterable<Uint8Array>) {
  yield first;
  yield* rest;
}
