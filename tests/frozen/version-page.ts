import type { Events } from '../../web/client/index.ts';

/** A page that imports the client beside it and opens its events with the options in its address. */
export const PAGE = `<!doctype html><meta charset="utf-8"><title>a version</title>
<script type="module">
  const { dedicated, ...options } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  if (dedicated) delete window.SharedWorker;
  const database = [options.server ?? 'local', options.user, encodeURIComponent(options.name)].join(' ');
  const folder = '/cuesheet/' + encodeURIComponent(database);

  window.owners = [];
  const channel = new BroadcastChannel('cuesheet:' + database);
  channel.onmessage = ({ data }) => {
    if (data?.to === 'guests') window.owners.push(data.version ?? 0);
  };

  window.written = [];
  let failures = [];
  let writing = null;
  window.write = () => {
    let going = true;
    const loop = async () => {
      for (let number = 0; going; number++) {
        try {
          window.written.push((await window.events.dispatch({ topic: 'demo.written' })).id);
        } catch (error) {
          failures.push(error.code + ': ' + error.message);
        }
      }
    };
    const loops = [loop(), loop(), loop(), loop()];
    writing = async () => {
      going = false;
      await Promise.all(loops);
    };
  };
  window.stopWriting = async () => {
    await writing();
    return { written: window.written, failures };
  };

  const random = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(32768));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  window.fillDisk = async () => {
    const inMemory = [];
    // Chromium goes on with the quota that it knew for half a minute, on a fast machine too.
    const end = Date.now() + 60_000;
    while (Date.now() < end && inMemory.length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      try {
        const { events } = window;
        const { id } = await events.dispatch({ topic: 'demo.fill', payload: { text: random() } });
        if (events.status.storage === 'memory') inMemory.push(id);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100)); // not saved: the disk is full
      }
    }
    return inMemory;
  };

  const store = (mode) => new Promise((resolve, reject) => {
    const request = indexedDB.open(folder);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => resolve(request.result.transaction('FILE_DATA', mode).objectStore('FILE_DATA'));
  });
  const answer = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  window.files = async () => {
    const files = await store('readonly');
    const names = await answer(files.index('timestamp').getAllKeys());
    const records = await Promise.all(names.sort().map((name) => answer(files.get(name))));
    files.transaction.db.close();
    return names.map((name, index) => [name.split('/').at(-1), [...records[index].contents].join()]);
  };
  window.raiseFormat = async () => {
    const files = await store('readwrite');
    const name = folder + '/journal-00000001';
    const record = await answer(files.get(name));
    record.contents[7] += 1;
    await answer(files.put(record, name));
    files.transaction.db.close();
  };

  window.shown = [];
  try {
    const { openEvents } = await import('./index.js');
    window.events = await openEvents(options);
    window.events.live({}, (page) => {
      window.shown = page.events.map(({ topic }) => topic);
    });
  } catch (error) {
    window.failure = error.code + ': ' + error.message;
  }
  window.ready = true;
</script>`;

/** What tests use of such a page. */
export interface VersionWindow {
  events: Events;
  failure?: string;
  ready: boolean;
  /** The topics of a live query. */
  shown: string[];
  /** The version of each owner that has announced itself; 0 = it said none. */
  owners: number[];
  /** Begins to dispatch without an end, four at a time. */
  write(): void;
  /** The ids that were acknowledged. */
  written: string[];
  stopWriting(): Promise<{ written: string[]; failures: string[] }>;
  /** Dispatches until the disk is full, and three more: their ids. */
  fillDisk(): Promise<string[]>;
  /** The names and bytes of the files in IndexedDB. */
  files(): Promise<[name: string, bytes: string][]>;
  /** Makes the first segment one of the next format. */
  raiseFormat(): Promise<void>;
}
