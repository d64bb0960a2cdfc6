import type { EventPage, EventStore } from '../../../web/client/index.ts';
import { type Component, mount, unmount } from 'svelte';
import { linesOf, type Mount } from './page.ts';

type WatchStore = <T>(store: EventStore<T>) => { readonly current: T | undefined };
type List = Component<{
  store: EventStore<EventPage>;
  watchStore: WatchStore;
  linesOf: typeof linesOf;
}>;

export function mountWith(watchStore: WatchStore, list: List): Mount {
  return (store, target) => {
    const component = mount(list, { target, props: { store, watchStore, linesOf } });
    return () => void unmount(component);
  };
}
