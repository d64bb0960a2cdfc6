/** Sections, instructions and the form of numbers: WebAssembly core specification, chapter 5. */
const HEADER_BYTES = 8;
const CODE_SECTION = 10;
const UNREACHABLE = 0x00;
const NOP = 0x01;
const END = 0x0b;

interface Cursor {
  bytes: Uint8Array;
  at: number;
}

/** An unsigned number in LEB128. */
function readNumber(cursor: Cursor): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = cursor.bytes[cursor.at++] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
}

/** Where the body of each function of a module lies. */
function bodiesOf(bytes: Uint8Array): { from: number; to: number }[] {
  const cursor = { bytes, at: HEADER_BYTES };
  while (cursor.at < bytes.length) {
    const id = bytes[cursor.at++];
    const size = readNumber(cursor);
    if (id !== CODE_SECTION) {
      cursor.at += size;
      continue;
    }
    const count = readNumber(cursor);
    return Array.from({ length: count }, () => {
      const length = readNumber(cursor);
      const from = cursor.at;
      cursor.at += length;
      return { from, to: cursor.at };
    });
  }
  throw new Error('the module has no code');
}

/** How many functions of its own a module has. */
export function functionsOf(wasm: Uint8Array): number {
  return bodiesOf(wasm).length;
}

/** The same module, one function of which traps as soon as it is called. */
export function plantTrap(wasm: Uint8Array, index: number): Uint8Array<ArrayBuffer> {
  const planted = new Uint8Array(wasm);
  const body = bodiesOf(wasm)[index];
  if (!body) throw new Error(`no function has the number ${index}`);
  const cursor = { bytes: wasm, at: body.from };
  for (let groups = readNumber(cursor); groups > 0; groups--) {
    readNumber(cursor); // how many locals
    cursor.at++; // of this type
  }
  planted[cursor.at] = UNREACHABLE;
  planted.fill(NOP, cursor.at + 1, body.to - 1);
  planted[body.to - 1] = END;
  return planted;
}
