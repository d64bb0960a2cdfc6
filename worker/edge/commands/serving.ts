import type { Hub } from '../hub.ts';
import type { HubServer } from '../runtimes/server.ts';
import { UsageError } from './command.ts';

/** After a signal, waiting changes must be written within this time, or the process exits with 1. */
const STOP_TIMEOUT_MS = 4500;

/** Exit code after a crash of the core (EX_SOFTWARE of sysexits.h): a supervisor starts the hub again. */
export const CRASH_EXIT_CODE = 70;
/** Exit code when another hub has taken the folder (EX_TEMPFAIL): it can start again when that one has ended. */
export const LOST_EXIT_CODE = 75;
/** How long to wait for answers that are under way. */
const LAST_ANSWERS_MS = 200;

/** Ends the process of a hub that has stopped (`HubOptions.onCrash`). */
export function endAfterCrash(crash: Error): void {
  console.error(`cuesheet: ${crash.message}: start it again, nothing acknowledged is lost`);
  setTimeout(() => process.exit(CRASH_EXIT_CODE), LAST_ANSWERS_MS);
}

/** Ends the process at once, so that no answer that waits for a commit leaves (`LockOptions.onLost`). */
export function endAfterLoss(error: Error): never {
  console.error(`cuesheet: ${error.message}`);
  process.exit(LOST_EXIT_CODE);
}

/** Says why a command does not begin yet (`LockOptions.onWait`). */
export function tellWait(sentence: string): void {
  console.error(`cuesheet: ${sentence}`);
}

/** Each runtime has a server of its own; everything else is the same on all. */
export async function serverOfRuntime(): Promise<
  (hub: Hub, port: number, host: string) => Promise<HubServer>
> {
  if ('Deno' in globalThis) return (await import('../runtimes/deno.ts')).serveDeno;
  if ('Bun' in globalThis) return (await import('../runtimes/bun.ts')).serveBun;
  return (await import('../runtimes/node.ts')).serveNode;
}

/** Resolves at the first SIGTERM or SIGINT. */
export function ended(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

/** Ends the process when everything is saved. */
export async function stop(server: HubServer, before: () => void = () => {}): Promise<never> {
  setTimeout(() => {
    console.error('cuesheet: stopping took too long');
    process.exit(1);
  }, STOP_TIMEOUT_MS).unref();
  before();
  await server.close();
  process.exit(0);
}

/** @throws UsageError for a value that is not a port. */
export function portOf(text: string, command: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new UsageError(`--port: expected a number from 0 to 65535, got '${text}'`, command);
}
