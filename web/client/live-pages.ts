import { reportError } from './error.ts';
import { createPageReader, newestFirst } from './page-reader.ts';
import type { EventPage, EventQuery, Events, PagePatch, TopicOf } from './types.ts';
import type { WorkerPort } from './worker-port.ts';

/** The live queries of one `Events`. */
export interface LivePages {
  live: Events['live'];
  /** Calls the `onError` of each with this error. */
  end(error: Error): void;
}

export function createLivePages(port: WorkerPort): LivePages {
  const onErrors = new Map<number, (error: Error) => void>();
  let last = 0;
  return {
    live<T extends string>(
      query: EventQuery<T>,
      listener: (page: EventPage<TopicOf<T>>, patches: readonly PagePatch[] | null) => void,
      onError?: (error: Error) => void,
    ) {
      const live = ++last;
      if (onError) onErrors.set(live, onError);
      const read = createPageReader();
      port.setLive(live, {
        page: (bytes) => listener(read.page(bytes) as EventPage<TopicOf<T>>, null),
        patches(bytes) {
          const { page, patches } = read.patches(bytes);
          listener(page as EventPage<TopicOf<T>>, patches);
        },
      });
      const ask = async () => port.request('live', { live, query: newestFirst(query) });
      ask().catch((error) => {
        if (!onError && error.code !== 'forgotten') reportError(error);
        else if (onErrors.delete(live)) onError?.(error); // unless it was called before
      });
      return () => {
        port.setLive(live, null);
        onErrors.delete(live);
        port.request('unlive', { live }).catch(() => {}); // closed: it has ended anyway
      };
    },
    end(error) {
      for (const onError of onErrors.values()) onError(error);
      onErrors.clear();
    },
  };
}
