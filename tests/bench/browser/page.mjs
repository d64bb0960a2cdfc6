// Runs in Chromium: what scripts/bench-browser.mjs measures. `?database=NAME` opens that one and notes
// when its first live page was here, `?raw` does the same with plain IndexedDB.
import { openEvents } from '/index.js';

const RAW_RECORDS = 10_000;
const RAW_RECORD_BYTES = 860; // an event as JSON
const RAW_WRITE_BYTES = 256;
const PIECE_BYTES = 1 << 20;
const PAGE_SIZE = 100;
const WARM_UP = 20;
const TURN = 50;

const query = new URL(location.href).searchParams;
// Milliseconds since the navigation began.
let firstPage = null;
let events = null;

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const completed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });

function openRaw() {
  const request = indexedDB.open('raw', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('records');
  return settled(request);
}

/** Bytes a second of puts of 1 MiB. */
async function rawBytesPerSecond(count) {
  const database = await openRaw();
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const bytes = new Uint8Array(1 << 20).fill(i);
    const transaction = database.transaction('records', 'readwrite', { durability: 'relaxed' });
    transaction.objectStore('records').put(bytes, `bulk ${i}`);
    await completed(transaction);
  }
  const seconds = (performance.now() - start) / 1000;
  database.close();
  return (count << 20) / seconds;
}

/** Records for `?raw` to read the newest ones of. */
async function rawFill() {
  const database = await openRaw();
  const transaction = database.transaction('records', 'readwrite');
  const text = 'x'.repeat(RAW_RECORD_BYTES);
  for (let i = 0; i < RAW_RECORDS; i++) transaction.objectStore('records').put({ text }, i);
  await completed(transaction);
  database.close();
}

async function rawFirstPage() {
  const database = await openRaw();
  const store = database.transaction('records').objectStore('records');
  const range = IDBKeyRange.bound(RAW_RECORDS - PAGE_SIZE, RAW_RECORDS);
  const records = await settled(store.getAll(range));
  if (records.length !== PAGE_SIZE) throw new Error(`${records.length} records`);
  firstPage = performance.now();
}

/** Resolves when every event is in memory: an import waits for that, also of a line that is refused. */
const loaded = () => events.import(new Blob(['{}\n']));

/**
 * Milliseconds of each of `count` dispatches, one after the other, and of as many puts of one record,
 * each in a transaction of its own; they take turns of 50, so that both meet the same disk.
 */
async function writes(count, durability) {
  await loaded();
  const database = await openRaw();
  const bytes = new Uint8Array(RAW_WRITE_BYTES);
  const dispatch = (i) =>
    events.dispatch({ topic: 'bench.write', project: 'aurora', description: `write ${i}` });
  const put = (i) => {
    const transaction = database.transaction('records', 'readwrite', { durability });
    transaction.objectStore('records').put(bytes, `write ${i}`);
    return completed(transaction);
  };
  await timed(0, WARM_UP, dispatch);
  await timed(0, WARM_UP, put);
  const times = [];
  const raw = [];
  for (let from = 0; from < count; from += TURN) {
    const until = Math.min(from + TURN, count);
    times.push(...(await timed(from, until, dispatch)));
    raw.push(...(await timed(from, until, put)));
  }
  database.close();
  return { times, raw };
}

/** Milliseconds of `work(from)` to `work(until - 1)`. */
async function timed(from, until, work) {
  const times = [];
  for (let i = from; i < until; i++) {
    const start = performance.now();
    await work(i);
    times.push(performance.now() - start);
  }
  return times;
}

/** Imports what the server has at `url`, from memory; null when it took longer. */
async function ingest(url, limitMs) {
  const lines = await (await fetch(url)).arrayBuffer();
  const start = performance.now();
  try {
    const report = await events.import(pieces(lines), { signal: AbortSignal.timeout(limitMs) });
    await events.flush();
    return { ...report, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    if (error.code === 'aborted') return null;
    throw error;
  }
}

async function* pieces(lines) {
  for (let at = 0; at < lines.byteLength; at += PIECE_BYTES) {
    yield new Uint8Array(lines, at, Math.min(PIECE_BYTES, lines.byteLength - at));
  }
}

/** Calls `visit` with an object store of every database of the files of this package. */
async function visitFiles(visit) {
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('/cuesheet/')) continue;
    const database = await settled(indexedDB.open(name));
    await visit(() => database.transaction('FILE_DATA').objectStore('FILE_DATA'));
    database.close();
  }
}

async function fileNames() {
  const names = [];
  await visitFiles(async (store) => names.push(...(await settled(store().getAllKeys()))));
  return names;
}

/** Sizes of the records by the names of the files. */
async function fileSizes() {
  const sizes = {};
  await visitFiles(async (store) => {
    for (const name of await settled(store().getAllKeys())) {
      const record = await settled(store().get(name));
      if (record?.contents) sizes[name] = record.contents.length;
    }
  });
  return sizes;
}

window.bench = {
  rawBytesPerSecond,
  rawFill,
  writes,
  ingest,
  fileNames,
  fileSizes,
  firstPage: () => firstPage,
  loaded,
  close: () => events?.close(),
};

if (query.has('raw')) await rawFirstPage();
if (query.has('database')) {
  const durability = query.get('durability') ?? 'relaxed';
  events = await openEvents({ name: query.get('database'), user: 'bench', durability });
  events.live({}, () => (firstPage ??= performance.now()));
}
window.ready = true;
