const NEWLINE = 10;
/** A line of a snapshot is an event: three texts of 4 MiB; or of columns: 2 MiB of events and one more. */
const MAX_LINE_BYTES = 16 << 20;

/** The bytes of a stream, cut behind line ends. @throws Error for a line that is too long. */
export async function* wholeLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array[] = []; // the parts of a line whose end has not come
  let bytes = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const cut = value.lastIndexOf(NEWLINE) + 1;
    if (cut > 0) {
      yield joined([...begun, value.subarray(0, cut)], bytes + cut);
      [begun, bytes] = [[], 0];
    }
    if (cut < value.length) begun.push(value.slice(cut));
    bytes += value.length - cut;
    if (bytes > MAX_LINE_BYTES) throw new Error('a line of the snapshot is too long');
  }
  if (bytes > 0) throw new Error('the snapshot was cut off');
}

function joined(parts: Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
