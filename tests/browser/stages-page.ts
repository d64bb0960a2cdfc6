import type { Events } from '../../web/client/index.ts';

/** A record of IndexedDB that holds a file: its key and the size of its content. */
export interface StoredFile {
  key: string;
  bytes: number;
}

/** What the page below offers to the tests. */
export interface StagesWindow {
  open(): Promise<Events>;
  events: Events;
  /** NDJSON of events `from` to `to`, each of about 450 bytes; the number is in the payload. */
  lines(from: number, to: number): string;
  id(number: number): string;
  /** The files of both databases, as IndexedDB has them. */
  files(): Promise<StoredFile[]>;
  /** Turns bits over in the middle of a file. */
  damage(key: string): Promise<void>;
  /** How many events an export has. */
  exported(): Promise<number>;
  ready: boolean;
}

/** A page that opens a database on request, and lists what is in IndexedDB. */
export const STAGES_PAGE = `<!doctype html><meta charset="utf-8"><title>stages</title>
<script type="module">
  import { openEvents } from '/index.js';
  window.open = async () => (window.events = await openEvents({ name: 'stages', user: 'tester' }));
  window.id = (number) => 'e' + number.toString(16).padStart(31, '0');
  const time = (number) => new Date(1774000000000 + number * 1000).toISOString();
  window.lines = (from, to) => {
    let text = '';
    for (let i = from; i < to; i++) {
      text += JSON.stringify({
        id: id(i),
        topic: i === 0 ? 'demo.oldest' : 'demo.job',
        hash: id(i),
        status: ['finished', 'failed', 'pending'][i % 3],
        description: 'event ' + i,
        summary: { number: i, text: 'x'.repeat(100) },
        payload: { number: i, text: 'y'.repeat(100) },
        createdAt: time(i),
        updatedAt: time(i + 1),
      }) + '\\n';
    }
    return text;
  };
  window.exported = async () =>
    (await new Response(events.export()).text()).split('\\n').length - 1;

  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  async function withStores(mode, work) {
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      await work(database.transaction('FILE_DATA', mode).objectStore('FILE_DATA'));
      database.close();
    }
  }
  window.files = async () => {
    const found = [];
    await withStores('readonly', async (store) => {
      const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
      keys.forEach((key, index) => {
        const { contents } = values[index];
        if (contents) found.push({ key, bytes: contents.length });
      });
    });
    return found;
  };
  window.damage = (key) =>
    withStores('readwrite', async (store) => {
      const record = await done(store.get(key));
      if (!record) return;
      const middle = record.contents.length >> 1;
      for (let i = middle; i < middle + 8; i++) record.contents[i] ^= 255;
      await done(store.put(record, key));
    });
  window.ready = true;
</script>`;
