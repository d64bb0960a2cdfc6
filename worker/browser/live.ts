import type { CallWithFiles } from '../../wasm/call-with-files.ts';
import type { CoreStore } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
import type { LiveMessage } from './protocol.ts';

/** Pages are notified of changes at most once in this many milliseconds: one display frame. */
const FRAME_MS = 16;
const NEWLINE = 10;
const decoder = new TextDecoder();

export interface LiveQueries {
  /**
   * `key` is unique over all pages, `form` that of rows, `query` is JSON; `post` gets the first page and then patches. A
   * key that is open already begins again.
   * @throws CoreError `invalid` when the query is refused, `too_large` when too many are open.
   */
  add(
    key: string,
    live: number,
    form: 'row' | 'cells',
    query: string,
    post: (message: LiveMessage) => void,
  ): Promise<void>;
  remove(key: string): void;
  /** Forgets every query whose key starts with `prefix`. */
  removeAll(prefix: string): void;
  /** To be called when the store has changed. */
  changed(): void;
}

/** The live queries of all pages. The core keeps them up to date; this sends its patches to the pages. */
export function createLiveQueries(store: CoreStore, call: CallWithFiles): LiveQueries {
  const numbers = new Map<string, number>();
  const sinks = new Map<number, (patches: Uint8Array) => void>();
  let last = 0;
  let waiting = false;
  let sentAt = -FRAME_MS; // by the clock of `performance`

  function remove(key: string) {
    const number = numbers.get(key);
    if (number === undefined) return;
    numbers.delete(key);
    sinks.delete(number);
    store.call(Method.unlive, { live: number });
  }

  async function sendPatches(): Promise<void> {
    waiting = false;
    sentAt = performance.now();
    for (const line of linesOf((await call(Method.patches)).body)) {
      sinks.get(liveOf(line))?.(line.slice()); // the page gets a copy of its own
    }
  }

  return {
    async add(key, live, form, query, post) {
      remove(key);
      const number = ++last;
      numbers.set(key, number);
      let page: Uint8Array;
      try {
        page = (await call(Method.live, { live: number, form }, query)).body;
      } catch (error) {
        if (numbers.get(key) === number) numbers.delete(key);
        throw error;
      }
      if (numbers.get(key) !== number) {
        store.call(Method.unlive, { live: number }); // it was closed while it waited for files
        return;
      }
      sinks.set(number, (patches) => post({ live, patches }));
      post({ live, page: page.slice() });
    },
    remove,
    removeAll(prefix) {
      for (const key of [...numbers.keys()]) if (key.startsWith(prefix)) remove(key);
    },
    changed() {
      if (waiting) return;
      waiting = true;
      const rest = sentAt + FRAME_MS - performance.now();
      const send = () => void sendPatches().catch(reportError);
      // After a rest, a change is sent at once, for the next display frame.
      if (rest > 0) setTimeout(send, rest);
      else queueMicrotask(send);
    },
  };
}

function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, from);
    yield bytes.subarray(from, end);
    from = end + 1;
  }
}

/** A line begins with `{"live":N,`. */
function liveOf(line: Uint8Array): number {
  return Number.parseInt(decoder.decode(line.subarray(8, 20)), 10);
}
