import type { EventStore } from '../../../web/client/index.ts';
import { type Accessor, createEffect, createRoot } from 'solid-js';
import { linesOf, type Mount } from './page.ts';

type WatchStore = <T>(store: EventStore<T>) => Accessor<T | undefined>;

export function mountWith(watchStore: WatchStore): Mount {
  return (store, target) =>
    createRoot((dispose) => {
      const page = watchStore(store);
      createEffect(() => {
        const rows = linesOf(page()).map((line) => {
          const row = document.createElement('li');
          row.textContent = line;
          return row;
        });
        target.replaceChildren(...rows);
      });
      return dispose;
    });
}
