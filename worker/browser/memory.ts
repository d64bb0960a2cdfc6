/** Beyond this a tab is at risk, in bytes. */
const MAX_DEFAULT_BYTES = 2 * 2 ** 30;
const GIB = 2 ** 30;

/** What the events may use in this worker when the page does not say it: half of the device's memory, at most 2 GiB. */
export function defaultMemory(): number {
  const { deviceMemory } = navigator as { deviceMemory?: number }; // in GiB, and only in some browsers
  return deviceMemory ? Math.min(MAX_DEFAULT_BYTES, (deviceMemory * GIB) / 2) : MAX_DEFAULT_BYTES;
}
