import type { Hub } from '../hub.ts';
import type { Log } from '../log.ts';

/**
 * A hub that answers once its newest events are loaded (`open(true)`). When a checkpoint turns out damaged
 * while the others are loaded, another hub replaces it, opened from the previous checkpoint; sockets are closed
 * with 1001 and reconnect. Rejects as `open` does.
 */
export async function openEarly(open: (early: boolean) => Promise<Hub>, log: Log): Promise<Hub> {
  let current = await open(true);
  let failed: Error | null = null;
  current.loaded.catch(async (error: Error) => {
    log('error', error.message);
    await current.close().catch(() => {}); // nothing waits, because writes wait until everything is loaded
    try {
      current = await open(false);
    } catch (again) {
      failed = again as Error;
      log('error', `the events cannot be opened: ${failed.message}`);
      process.exitCode = 1;
      process.kill(process.pid, 'SIGTERM');
    }
  });
  return {
    get loaded() {
      return current.loaded;
    },
    fetch: (request, address) => current.fetch(request, address),
    openSocket: (peer, state) => current.openSocket(peer, state),
    tick: () => current.tick(),
    importLines: (lines) => current.importLines(lines),
    events: () => current.events(),
    memoryBytes: () => current.memoryBytes(),
    memory: () => current.memory(),
    close: () => (failed ? Promise.reject(failed) : current.close()),
  };
}
