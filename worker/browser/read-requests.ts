import { CoreError } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
import { WorkerError } from './worker-error.ts';
import type { Handlers, Workplace } from './workplace.ts';

/** Requests that change nothing; live queries are among those of a page (requests.ts). */
export function createReadHandlers(
  work: Workplace,
): Pick<Handlers, 'get' | 'query' | 'count' | 'progress' | 'tree'> {
  const { store, call, upstream, localWrites } = work;

  return {
    async get({ id: known }) {
      const id = localWrites.current(known);
      const { header, body } = await call<{ found: boolean; payload?: boolean }>(Method.get, {
        id,
      });
      const here = header.found ? body : null;
      if (upstream?.state() !== 'live' || header.payload) return here;
      try {
        return await upstream.request('get', 'GET', `/api/events/${id}`);
      } catch (error) {
        if (here || (error instanceof WorkerError && error.code === 'not_found')) return here;
        throw error;
      }
    },
    async query({ query }) {
      return (await call(Method.query, { form: 'cells' }, query)).body;
    },
    async count({ query }) {
      return (await call(Method.count, {}, query)).body;
    },
    progress: ({ id }) =>
      orNull(() => store.call(Method.progress, { id: localWrites.current(id) }).body),
    tree: ({ id }) => orNull(() => store.call(Method.tree, { id: localWrites.current(id) }).body),
  };
}

/** Null for an event that the store does not have. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof CoreError && error.code === 'not_found') return null;
    throw error;
  }
}
