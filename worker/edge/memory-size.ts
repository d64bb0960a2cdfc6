/** What the core takes as a budget, in bytes: less counts as the least, more as all that there is (docs/storage.md). */
export const MIN_MEMORY_BYTES = 32 * 2 ** 20;
export const MAX_MEMORY_BYTES = 4 * 2 ** 30;

/** An isolate of Cloudflare has 128 MB; a quarter of that is for everything but the module. */
export const ISOLATE_MEMORY_BYTES = 96 * 2 ** 20;

/** What a runtime and its sockets need beside the module. */
const RUNTIME_BYTES = 128 * 2 ** 20;
const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Bytes of a text as `512MiB`, `2G` or `67108864`; null = it is none, or not from 32 MiB to 4 GiB. */
export function memorySizeOf(text: string): number | null {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(?:([KMG])(?:i?B)?)?$/i.exec(text.trim()) ?? [];
  if (number === undefined) return null;
  const bytes = Math.floor(Number(number) * (unit ? (UNITS[unit.toUpperCase()] ?? 1) : 1));
  return bytes >= MIN_MEMORY_BYTES && bytes <= MAX_MEMORY_BYTES ? bytes : null;
}

/** For a flag or a setting that `memorySizeOf` does not take. */
export const MEMORY_SIZES = 'a size from 32MiB to 4GiB, for example 512MiB';

/** The budget of a hub on a machine, or in a container, with so many bytes of memory. */
export function budgetFor(machineBytes: number): number {
  const most = Math.floor(machineBytes * 0.75) - RUNTIME_BYTES;
  return Math.min(MAX_MEMORY_BYTES, Math.max(2 * MIN_MEMORY_BYTES, most));
}
