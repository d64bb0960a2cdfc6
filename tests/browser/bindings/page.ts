import {
  type EventPage,
  type Events,
  type EventStore,
  openEvents,
  pageStore,
} from '../../../web/client/index.ts';

/** What the test sees and does. */
export interface BindingWindow {
  events: Events;
  /** Live queries that are open. */
  open: number;
  /** How often the component has read its page. */
  reads: number;
  unmount(): void;
  ready: boolean;
}
declare const window: BindingWindow;

/** Puts a component with the rows of a store into the page; returns what takes it off. */
export type Mount = (store: EventStore<EventPage>, target: HTMLElement) => () => void;

/** The rows of a page as the components show them. */
export function linesOf(page: EventPage | undefined): string[] {
  window.reads++;
  return (page?.events ?? []).map(({ topic, status }) => `${topic} ${status}`);
}

/** Opens the events, counts the live queries, and mounts. */
export async function run(mount: Mount): Promise<void> {
  const events = await openEvents({ name: 'bindings', user: 'td' });
  const { live } = events;
  events.live = (...args) => {
    window.open++;
    const stop = live(...args);
    return () => {
      window.open--;
      stop();
    };
  };
  Object.assign(window, { events, open: 0, reads: 0 });
  const store = pageStore(events, { topics: ['demo.*'] });
  window.unmount = mount(store, document.body);
  window.ready = true;
}
