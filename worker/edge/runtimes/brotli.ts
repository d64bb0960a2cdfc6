import { Duplex } from 'node:stream';
import { constants, createBrotliCompress } from 'node:zlib';

/** As fast as gzip, and a third smaller (docs/benchmarks.md, Sync). */
const QUALITY = 4;
/** Looks back 16 MiB, the most that every browser accepts: similar texts may be far apart in a snapshot. */
const WINDOW_BITS = 24;

/** Compresses what passes through, where Node's modules exist (Node, Deno, Bun). */
export function packBrotli(): ReadableWritablePair<Uint8Array, Uint8Array> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
  };
  return Duplex.toWeb(createBrotliCompress({ params })) as ReadableWritablePair<
    Uint8Array,
    Uint8Array
  >;
}
