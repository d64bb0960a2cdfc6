import { Duplex } from 'node:stream';
import { constants, createBrotliCompress } from 'node:zlib';

/** A third smaller than gzip (docs/benchmarks.md, Sync). */
const QUALITY = 6;

/** Packs what passes, where Node's own modules are there (Node, Deno, Bun). */
export function packBrotli(): ReadableWritablePair<Uint8Array, Uint8Array> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY };
  return Duplex.toWeb(createBrotliCompress({ params })) as ReadableWritablePair<
    Uint8Array,
    Uint8Array
  >;
}
