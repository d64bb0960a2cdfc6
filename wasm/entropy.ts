const SIZE = 16;
/** Random bytes are drawn from the system in pages, because each draw costs as much as a small request. */
const pool = new Uint8Array(256 * SIZE);
let used = pool.length;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 128 fresh random bits as 32 hex digits, the form in which the core takes entropy. */
export function entropy(): string {
  if (used === pool.length) {
    crypto.getRandomValues(pool); // not randomUUID: a page served over plain http does not have it
    used = 0;
  }
  let hex = '';
  for (const end = used + SIZE; used < end; used++) {
    hex += HEX[pool[used] as number];
  }
  return hex;
}
