import { iterate, watch } from './loops.ts';
import { newestFirst, parseJson, parsePage, toJson } from './page-reader.ts';
import { watchRow } from './stores.ts';
import type {
  Counts,
  EventDetail,
  EventPage,
  EventQuery,
  EventRow,
  Events,
  EventTree,
  Progress,
  ReadOptions,
  TopicOf,
} from './types.ts';
import type { WorkerPort } from './worker-port.ts';

type Reads = Pick<
  Events,
  'count' | 'histogram' | 'progress' | 'get' | 'query' | 'iterate' | 'watch' | 'tree'
>;

/** The methods that change nothing; `live` opens a live query. */
export function createReads(port: WorkerPort, live: Events['live']): Reads {
  const count: Events['count'] = async (query = {}, { signal } = {}) =>
    parseJson<Counts>(await port.request('count', { query: toJson(query) }, signal));

  async function query<T extends string>(
    asked: EventQuery<T> = {},
    { signal }: ReadOptions = {},
  ): Promise<EventPage<TopicOf<T>>> {
    return parsePage(await port.request('query', { query: newestFirst(asked) }, signal));
  }

  return {
    count,
    query,
    async histogram({ buckets, from, to, ...query } = {}, options = {}) {
      const histogram = {
        ...(buckets !== undefined && { buckets }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      };
      const counts = await count({ ...query, histogram }, options);
      return counts.histogram ?? { from: null, to: null, counts: [] };
    },
    progress: (id, listener) =>
      watchRow({ live }, id, async (isCurrent) => {
        const bytes = await port.request('progress', { id });
        if (isCurrent()) listener(bytes && parseJson<Progress>(bytes));
      }),
    async get(id, { signal } = {}) {
      const bytes = await port.request('get', { id }, signal);
      return bytes && parseJson<EventDetail>(bytes);
    },
    iterate: <T extends string>(asked: EventQuery<T> = {}, options: ReadOptions = {}) =>
      iterate({ query }, asked, options) as AsyncIterable<EventRow<TopicOf<T>>>,
    watch: <T extends string>(asked: EventQuery<T>, options: ReadOptions = {}) =>
      watch({ live }, asked, options) as AsyncIterable<EventPage<TopicOf<T>>>,
    async tree(id, { signal } = {}) {
      const bytes = await port.request('tree', { id }, signal);
      return bytes && parseJson<EventTree>(bytes);
    },
  };
}
