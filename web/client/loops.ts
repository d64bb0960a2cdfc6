import { abortError } from './error.ts';
import type { EventPage, EventQuery, EventRow, Events, ReadOptions } from './types.ts';

const ITERATE_PAGE_SIZE = 1000;

/** See `Events.iterate`. */
export async function* iterate(
  events: Pick<Events, 'query'>,
  query: EventQuery,
  options: ReadOptions,
): AsyncGenerator<EventRow> {
  const isForward = query.first !== undefined;
  let next: EventQuery = isForward ? query : { last: ITERATE_PAGE_SIZE, ...query };
  for (;;) {
    const page = await events.query(next, options);
    yield* page.events;
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = page.pageInfo;
    const cursor = isForward ? endCursor : startCursor;
    if (cursor === null || !(isForward ? hasNextPage : hasPreviousPage)) return;
    next = { ...next, offset: 0, ...(isForward ? { after: cursor } : { before: cursor }) };
  }
}

/** See `Events.watch`. */
export async function* watch(
  events: Pick<Events, 'live'>,
  query: EventQuery,
  { signal }: ReadOptions,
): AsyncGenerator<EventPage> {
  let newest: EventPage | null = null;
  let failure: Error | null = null;
  let wake = () => {};
  const fail = (error: Error) => {
    failure ??= error;
    wake();
  };
  const onAbort = () => fail(abortError());
  const stop = events.live(
    query,
    (page) => {
      newest = page;
      wake();
    },
    fail,
  );
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) onAbort();
  try {
    for (;;) {
      if (failure) throw failure;
      const page: EventPage | null = newest;
      newest = null;
      if (page) yield page;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    stop();
    signal?.removeEventListener('abort', onAbort);
  }
}
