/**
 * React hooks over the events of `cuesheet`, safe in StrictMode, in concurrent rendering and on a server
 * (docs/web.md). `EventsProvider` gives the events to the hooks below it.
 *
 * @module cuesheet/react
 */
import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useMemo,
  useSyncExternalStore,
} from 'react';
import {
  countStore,
  type CountQuery,
  type Counts,
  type EventDetail,
  type EventPage,
  type EventQuery,
  type Events,
  type EventsStatus,
  type EventStore,
  eventStore,
  pageStore,
  type Progress,
  progressStore,
  statusStore,
} from '../client/index.ts';

const Context = createContext<Events | null>(null);

/**
 * Gives the events to the hooks below it. `events` may be null while they are being opened and on a server:
 * the hooks say `undefined` (not known yet) until then.
 *
 * @example
 * const [events, setEvents] = useState<Events | null>(null);
 * useEffect(() => void openEvents({ name: 'app' }).then(setEvents), []);
 * return <EventsProvider events={events}><Jobs /></EventsProvider>;
 */
export function EventsProvider(props: { events: Events | null; children?: ReactNode }): ReactNode {
  return createElement(Context.Provider, { value: props.events }, props.children);
}

/** The events of the provider above, null while there are none. */
export function useEventsClient(): Events | null {
  return useContext(Context);
}

/**
 * The page of a live query, undefined until it is known. Renders again when it changes; rows that did not
 * change stay the same objects, so memoised rows do not render. Queries are compared by value.
 */
export function useEvents(query: EventQuery = {}): EventPage | undefined {
  return useStore(query, pageStore);
}

/** One event with its payload; null = there is none, undefined = not known yet. */
export function useEvent(id: string): EventDetail | null | undefined {
  return useStore(id, eventStore);
}

/** How far a job and its tree of jobs are; null = no such event, undefined = not known yet. */
export function useProgress(id: string): Progress | null | undefined {
  return useStore(id, progressStore);
}

/** Counts of a query, renewed at most four times a second; undefined before the first ones. */
export function useCount(query: CountQuery = {}): Counts | undefined {
  return useStore(query, countStore);
}

/** State of connection and storage; undefined while there are no events. */
export function useConnection(): EventsStatus | undefined {
  return useStore(null, statusStore);
}

const NEVER = () => () => {};
const NOTHING = () => undefined;

/** The store that `make` makes of the events and an argument; another one when either is another value. */
function useStore<A, T>(argument: A, make: (events: Events, argument: A) => EventStore<T>) {
  const events = useContext(Context);
  const key = JSON.stringify(argument);
  const store = useMemo(
    () => (events ? make(events, JSON.parse(key) as A) : null),
    [events, key, make],
  );
  return useSyncExternalStore<T | undefined>(
    store?.subscribe ?? NEVER,
    store?.getSnapshot ?? NOTHING,
    NOTHING, // a server renders without the events
  );
}
