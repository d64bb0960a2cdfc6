import type { EventPage, EventRow } from './types.ts';

const decoder = new TextDecoder();

/** Parses the JSON of an answer. */
export function parseJson<T>(bytes: Uint8Array): T {
  return JSON.parse(decoder.decode(bytes)) as T;
}

/** Reads the pages of one live query: a row that did not change stays the same object. */
export function createPageReader(): (bytes: Uint8Array) => EventPage {
  let known = new Map<string, { row: EventRow; text: string }>();
  return (bytes) => {
    const page = parseJson<EventPage>(bytes);
    const next: typeof known = new Map();
    const events = page.events.map((row) => {
      const text = JSON.stringify(row);
      const old = known.get(row.id);
      const kept = old?.text === text ? old : { row, text };
      next.set(row.id, kept);
      return kept.row;
    });
    known = next;
    return { events, pageInfo: page.pageInfo };
  };
}
