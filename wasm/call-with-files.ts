import type { HostFiles } from './host-files.ts';
import { CoreError, type CoreStore, type Result } from './load.ts';
import type { Method } from './methods.ts';

/** How often a call may ask for files. Each time it names all files that it knows it needs. */
const MAX_LOADS = 3;

/**
 * As `CoreStore.call`, for calls that may need files that are not in memory (`cold`).
 * @throws CoreError when the core refuses the call, with `cold` when files are missing after three loads;
 *   any error of `HostFiles.load`.
 */
export type CallWithFiles = <Header = Record<string, unknown>>(
  method: Method,
  header?: Record<string, unknown>,
  body?: Uint8Array | string,
) => Promise<Result<Header>>;

/**
 * Makes a function that calls a store. When the core answers `cold`, the function loads the files that the
 * message names, calls again and releases the files. Calls that need one file at the same time share it.
 *
 * @example
 * const call = createCallWithFiles(store, files);
 * const { body } = await call(Method.get, { id });
 */
export function createCallWithFiles(store: CoreStore, files: HostFiles): CallWithFiles {
  const uses = new Map<string, number>(); // of every file that a call under way has asked for

  function release(names: readonly string[]) {
    const free: string[] = [];
    for (const name of names) {
      const left = (uses.get(name) ?? 1) - 1;
      if (left > 0) uses.set(name, left);
      else if (uses.delete(name)) free.push(name);
    }
    if (free.length > 0) files.unload(free);
  }

  return async <Header>(
    method: Method,
    header?: Record<string, unknown>,
    body?: Uint8Array | string,
  ) => {
    const held: string[] = [];
    try {
      for (let loads = 0; ; loads++) {
        try {
          return store.call<Header>(method, header, body);
        } catch (error) {
          if (!(error instanceof CoreError) || error.code !== 'cold' || loads === MAX_LOADS) {
            throw error;
          }
          const names = error.message.split('\n').filter((name) => name !== '');
          for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
          held.push(...names);
          await files.load(names);
        }
      }
    } finally {
      release(held);
    }
  };
}
