/** Lets other waiting work run first. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
