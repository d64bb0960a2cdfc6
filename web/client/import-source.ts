import { CuesheetError } from './error.ts';
import type { ImportSource } from './transfer-types.ts';

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
  // An abort must not wait for a stream that has no data.
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
