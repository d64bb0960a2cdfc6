import type { ViewerWindow } from '../../browser/viewer-page.ts';

/** What these functions leave on the page. */
export interface BenchWindow extends ViewerWindow {
  /** Milliseconds from each input in the search until its rows were painted. */
  typed: number[];
  /** How many frames have begun. */
  frame: number;
  /** Called in every frame after everything that changes the page: the present state is painted. */
  atFrameEnd: Set<() => void>;
  /** Ends both. */
  unwatchFrames(): void;
}

declare const window: BenchWindow;

// Each function is sent to the page on its own: all it needs is inside of it.

/** Imports what the server has, until all of it is durable; gives the number of events. */
export async function importLines(): Promise<number> {
  const { body } = await fetch('/lines.ndjson');
  if (!body) throw new Error('no lines');
  const { events } = await window.events.import(body);
  await window.events.flush();
  return events;
}

/** The names of the files of every database. */
export async function fileNames(): Promise<string> {
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const all: IDBValidKey[] = [];
  for (const { name = '' } of await indexedDB.databases()) {
    if (!name.startsWith('/cuesheet/')) continue;
    const database = await settled(indexedDB.open(name));
    all.push(
      ...(await settled(database.transaction('FILE_DATA').objectStore('FILE_DATA').getAllKeys())),
    );
    database.close();
  }
  return all.join();
}

/** Makes `frame` and `atFrameEnd` work. */
export function watchFrames(): void {
  const probe = document.createElement('div');
  Object.assign(probe.style, { position: 'fixed', height: '1px', visibility: 'hidden' });
  document.body.append(probe);
  window.frame = 0;
  window.atFrameEnd = new Set();
  // The observer is called between the layout of a frame and its painting.
  new ResizeObserver(() => {
    for (const heard of [...window.atFrameEnd]) heard();
  }).observe(probe);
  const begin = () => {
    window.frame++;
    probe.style.width = `${1 + (window.frame % 2)}px`;
    if (probe.isConnected) requestAnimationFrame(begin);
  };
  requestAnimationFrame(begin);
  window.unwatchFrames = () => probe.remove();
}

/** The times at which this many frames began while nothing happens. */
export function idleFrames(count: number): Promise<number[]> {
  return new Promise((resolve) => {
    const times: number[] = [];
    const frame = (now: number) => {
      times.push(now);
      if (times.length < count) requestAnimationFrame(frame);
      else resolve(times);
    };
    requestAnimationFrame(frame);
  });
}

/**
 * When frames began, while the table is scrolled evenly from its newest row: to its oldest one, or so many
 * pixels a second.
 */
export function scrollThrough([milliseconds, speed]: [number, number | null]): Promise<number[]> {
  const scroller = window.viewer.shadowRoot?.querySelector('main');
  if (!scroller) throw new Error('no table');
  const whole = scroller.scrollHeight - scroller.clientHeight;
  const end = speed === null ? whole : Math.min(whole, (speed * milliseconds) / 1000);
  return new Promise((resolve) => {
    const times: number[] = [];
    const frame = (now: number) => {
      times.push(now);
      const part = Math.min(1, (now - (times[0] ?? now)) / milliseconds);
      scroller.scrollTop = part * end;
      if (part < 1) requestAnimationFrame(frame);
      else resolve(times);
    };
    requestAnimationFrame(frame);
  });
}

/** From now on notes when the rows of each search are painted. */
export function watchSearch(): void {
  const { events, viewer } = window;
  const { live } = events;
  let input: { value: string; at: number } | null = null;
  window.typed = [];
  const note = (event: Event) => {
    input = { value: (event.target as HTMLInputElement).value, at: event.timeStamp };
  };
  viewer.shadowRoot?.addEventListener('input', note, { capture: true });
  events.live = (query, listener, onError) => {
    const heard: typeof listener = (page, patches) => {
      listener(page, patches);
      if (input === null || input.value !== query.filter) return;
      const { at } = input;
      input = null;
      void viewer.updateComplete.then(() => {
        const painted = () => {
          window.atFrameEnd.delete(painted);
          setTimeout(() => window.typed.push(performance.now() - at)); // after the frame
        };
        window.atFrameEnd.add(painted);
      });
    };
    return live(query, heard, onError);
  };
}

/** For each of this many updates of a visible event: the frames until it is painted, inclusive. */
export async function paintedChanges(count: number): Promise<number[]> {
  const { events, viewer } = window;
  const root = viewer.shadowRoot;
  if (!root) throw new Error('no viewer');
  const shows = (id: string, text: string) =>
    new Promise<number>((resolve) => {
      const look = () => {
        if (!root.querySelector(`tr[data-id="${id}"]`)?.textContent?.includes(text)) return;
        window.atFrameEnd.delete(look);
        resolve(window.frame);
      };
      window.atFrameEnd.add(look);
    });
  const { id } = await events.dispatch({ topic: 'bench.live', finished: false });
  await shows(id, 'bench.live');
  const frames: number[] = [];
  for (let i = 0; i < count; i++) {
    // at any time between two frames
    await new Promise((resolve) =>
      requestAnimationFrame(() => setTimeout(resolve, Math.random() * 16)),
    );
    const begin = window.frame;
    const painted = shows(id, `change ${i}.`);
    await events.update(id, { description: `change ${i}.` });
    frames.push((await painted) - begin);
  }
  return frames;
}

/**
 * Milliseconds of a page of 100 rows, page after page by cursor, from the newest on: the means of so many tens, because
 * the clock of a page ticks every 0.1 ms.
 */
export async function readPages(tens: number): Promise<number[]> {
  const { events } = window;
  let before: string | null = null;
  const read = async () => {
    const page = await events.query({ last: 100, ...(before !== null && { before }) });
    if (page.events.length === 0) throw new Error('an empty page');
    before = page.pageInfo.hasPreviousPage ? page.pageInfo.startCursor : null;
  };
  for (let i = 0; i < 100; i++) await read(); // compiled by then
  before = null;
  const times: number[] = [];
  for (let ten = 0; ten < tens; ten++) {
    const start = performance.now();
    for (let i = 0; i < 10; i++) await read();
    times.push((performance.now() - start) / 10);
  }
  return times;
}
