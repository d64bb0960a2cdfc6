const NEWLINE = 10;
/** A line of a snapshot is an event. */
const MAX_LINE_BYTES = 8 << 20;

/** The bytes of a stream, cut behind line ends. @throws Error for a line that is too long. */
export async function* wholeLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = new Uint8Array();
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const joined = new Uint8Array(rest.length + value.length);
    joined.set(rest);
    joined.set(value, rest.length);
    const cut = joined.lastIndexOf(NEWLINE) + 1;
    if (cut > 0) yield joined.subarray(0, cut);
    rest = joined.slice(cut);
    if (rest.length > MAX_LINE_BYTES) throw new Error('a line of the snapshot is too long');
  }
  if (rest.length > 0) throw new Error('the snapshot was cut off');
}
