import type { CoreStore } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
import type { LiveMessage } from './protocol.ts';
import { errorMessage } from './worker-error.ts';

/** Pages are refreshed at most this often, in milliseconds: one frame. */
const FRAME_MS = 16;

export interface LiveQueries {
  /** `key` is unique over all pages, `query` is JSON; `post` gets the first page and every later one that differs. */
  add(key: string, live: number, query: string, post: (message: LiveMessage) => void): void;
  remove(key: string): void;
  /** Forgets every query whose key starts with `prefix`. */
  removeAll(prefix: string): void;
  /** To be called when the store has changed. */
  changed(): void;
}

interface Open {
  live: number;
  query: string;
  post: (message: LiveMessage) => void;
  last: Uint8Array;
}

/** Open queries of all pages, run again after changes, told only when their page differs. */
export function createLiveQueries(store: CoreStore): LiveQueries {
  const open = new Map<string, Open>();
  let waiting = false;

  function refresh(entry: Open) {
    try {
      const page = store.call(Method.query, {}, entry.query).body;
      if (sameBytes(page, entry.last)) return;
      entry.last = page;
      entry.post({ live: entry.live, page: page.slice() }); // the page takes its copy over
    } catch (error) {
      entry.post({ live: entry.live, error: errorMessage(error) });
    }
  }

  return {
    add(key, live, query, post) {
      const entry = { live, query, post, last: new Uint8Array() };
      open.set(key, entry);
      refresh(entry);
    },
    remove: (key) => void open.delete(key),
    removeAll(prefix) {
      for (const key of open.keys()) if (key.startsWith(prefix)) open.delete(key);
    },
    changed() {
      if (waiting) return;
      waiting = true;
      setTimeout(() => {
        waiting = false;
        for (const entry of open.values()) refresh(entry);
      }, FRAME_MS);
    },
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
