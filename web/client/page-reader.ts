import { CuesheetError } from './error.ts';
import type { EventPage, EventRow, PageInfo, PagePatch } from './types.ts';

const decoder = new TextDecoder();

/** Parses the JSON of an answer. */
export function parseJson<T>(bytes: Uint8Array): T {
  return JSON.parse(decoder.decode(bytes)) as T;
}

/** @throws CuesheetError `invalid` for what JSON cannot say, such as a BigInt. */
export function toJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new CuesheetError('invalid', (error as Error).message);
  }
}

/** The page of one live query. A row that did not change stays the same object. */
export interface PageReader {
  /** A whole page: the first one, or after another tab took over. */
  page(bytes: Uint8Array): EventPage;
  patches(bytes: Uint8Array): { page: EventPage; patches: readonly PagePatch[] };
}

export function createPageReader(): PageReader {
  let events: readonly EventRow[] = [];
  return {
    page(bytes) {
      const page = parseJson<EventPage>(bytes);
      const known = new Map(events.map((row) => [row.id, row]));
      events = page.events.map((row) => {
        const old = known.get(row.id);
        return old && JSON.stringify(old) === JSON.stringify(row) ? old : row;
      });
      return { events, pageInfo: page.pageInfo };
    },
    patches(bytes) {
      const { patches, pageInfo } = parseJson<{ patches: PagePatch[]; pageInfo: PageInfo }>(bytes);
      const next = [...events];
      for (const patch of patches) apply(patch, next);
      events = next;
      return { page: { events, pageInfo }, patches };
    },
  };
}

function apply(patch: PagePatch, events: EventRow[]): void {
  if (patch.op === 'insert') events.splice(patch.at, 0, patch.event);
  else if (patch.op === 'update') events[patch.at] = patch.event;
  else if (patch.op === 'remove') events.splice(patch.at, 1);
  else events.splice(patch.at, 0, ...events.splice(patch.from, 1));
}
