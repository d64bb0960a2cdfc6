import type {
  Counts,
  CountQuery,
  EventDetail,
  EventPage,
  EventQuery,
  Events,
  EventsStatus,
  Progress,
} from './types.ts';

/**
 * A value for a user interface: the last one, and subscriptions to the next. Nothing runs before the first
 * subscription and after the end of the last one. It is the contract of React's useSyncExternalStore; Vue,
 * Svelte and Solid use it with a few lines (docs/web.md).
 */
export interface EventStore<T> {
  /** Calls `changed` after every change. Returns the function that ends it. */
  subscribe(changed: () => void): () => void;
  /** The same object until it changes; undefined before the first value. */
  getSnapshot(): T | undefined;
}

/** Starts with the first subscription, stops after the last one has ended. */
function createStore<T>(start: (set: (value: T) => void) => () => void, first?: T): EventStore<T> {
  const listeners = new Set<() => void>();
  let value = first;
  let stop: (() => void) | null = null;
  const set = (next: T) => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    subscribe(changed) {
      const listener = () => changed(); // one that subscribes twice is called twice
      listeners.add(listener);
      stop ??= start(set);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop?.();
        stop = null;
      };
    },
    getSnapshot: () => value,
  };
}

/** A live query: its page, in which rows that did not change stay the same objects. */
export function pageStore(events: Events, query: EventQuery): EventStore<EventPage> {
  return createStore((set) => events.live(query, set));
}

/** State of connection and storage. */
export function statusStore(events: Events): EventStore<EventsStatus> {
  return createStore((set) => {
    set(events.status);
    return events.onStatus(set);
  }, events.status);
}

/** One event with its payload; null when there is none. It is read again whenever its row changes. */
export function eventStore(events: Events, id: string): EventStore<EventDetail | null> {
  return createStore((set) =>
    watchRow(events, id, async (isCurrent) => {
      const event = await events.get(id);
      if (isCurrent()) set(event);
    }),
  );
}

/** The progress of a job. */
export function progressStore(events: Events, id: string): EventStore<Progress | null> {
  return createStore((set) => events.progress(id, set));
}

/** Counts, renewed when events have changed, at most four times a second. */
export function countStore(events: Events, query: CountQuery): EventStore<Counts> {
  return createStore((set) => watchCounts(events, query, set));
}

/** Calls `read` now and whenever the event's row changes; a later read replaces an earlier one. */
export function watchRow(
  events: Pick<Events, 'live'>,
  id: string,
  read: (isCurrent: () => boolean) => Promise<void>,
): () => void {
  let last = 0;
  const query: EventQuery = { ids: [id], includeLogs: true };
  const stop = events.live(query, () => {
    const own = ++last;
    read(() => own === last).catch(() => {}); // the status reports it, like every failure of the worker
  });
  return () => {
    last++;
    stop();
  };
}

const COUNT_MS = 250;

function watchCounts(events: Events, query: CountQuery, set: (counts: Counts) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sequence = -1;
  let ended = false;
  const count = async () => {
    timer = undefined;
    sequence = events.status.sequence;
    const counts = await events.count(query).catch(() => null);
    if (counts && !ended) set(counts);
    later();
  };
  const later = () => {
    if (ended || timer !== undefined || events.status.sequence === sequence) return;
    timer = setTimeout(count, COUNT_MS);
  };
  const stop = events.onStatus(later);
  void count();
  return () => {
    ended = true;
    clearTimeout(timer);
    stop();
  };
}
