/** 128 fresh random bits as 32 hex digits, the form in which the core takes entropy. */
export function entropy(): string {
  // Not randomUUID: a page served over plain http does not have it.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
