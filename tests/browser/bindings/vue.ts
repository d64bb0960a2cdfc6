import { createApp, h, type ShallowRef } from 'vue';
import { linesOf, type Mount } from './page.ts';
import type { EventStore } from '../../../web/client/index.ts';

type WatchStore = <T>(store: EventStore<T>) => Readonly<ShallowRef<T | undefined>>;

export function mountWith(watchStore: WatchStore): Mount {
  return (store, target) => {
    const app = createApp({
      setup() {
        const page = watchStore(store);
        return () => linesOf(page.value).map((line) => h('li', line));
      },
    });
    const root = document.createElement('ul');
    target.append(root);
    app.mount(root);
    return () => app.unmount();
  };
}
