import { Duplex } from 'node:stream';
import { constants, createBrotliCompress } from 'node:zlib';

/** As fast as gzip, and a third smaller (docs/benchmarks.md, Sync). */
const QUALITY = 4;
/** Looks back 16 MiB, the most that every browser takes: what is alike may be far apart in a snapshot. */
const WINDOW_BITS = 24;

/** Packs what passes, where Node's own modules are there (Node, Deno, Bun). */
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
