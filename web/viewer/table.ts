import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { EventRow } from '../client/index.ts';
import { type Geometry, rowsTop, visibleRows } from './geometry.ts';
import { type RowLook, renderRow, renderSkeletonRow } from './row.ts';
import type { Words } from './words.ts';

/** Rows drawn beyond both edges of the view, so that a small scroll shows no gap. */
const DRAWN_BEYOND = 8;
const COLUMNS = ['status', 'topic', 'description', 'project', 'user', 'age'] as const;

export interface TableView {
  geometry: Geometry;
  scrollTop: number;
  rows: readonly EventRow[];
  /** Index of the first of the rows. */
  first: number;
  words: Words;
  look(event: EventRow, index: number): RowLook;
}

/** Names the elements of rows, so that the element of a row that left serves one that came. */
export class RowSlots {
  #slots = new Map<string, number>();

  /** A slot for each id: the one it had, or one that nobody has any more. */
  assign(ids: readonly string[]): Map<string, number> {
    const next = new Map<string, number>();
    for (const id of ids) {
      const slot = this.#slots.get(id);
      if (slot !== undefined) next.set(id, slot);
    }
    const taken = new Set(next.values());
    let free = 0;
    for (const id of ids) {
      if (next.has(id)) continue;
      while (taken.has(free)) free++;
      taken.add(free);
      next.set(id, free);
    }
    this.#slots = next;
    return next;
  }
}

interface DrawnRow {
  index: number;
  event: EventRow | undefined;
}

/** The rows in sight and a few more; those that are not here yet as skeletons. */
export function renderTable(view: TableView, slots: RowSlots): TemplateResult {
  const { geometry, scrollTop, words } = view;
  const drawn = drawnRows(view);
  const slotOf = slots.assign(drawn.flatMap(({ event }) => (event ? [event.id] : [])));
  const top = (drawn[0]?.index ?? 0) * geometry.row - rowsTop(geometry, scrollTop) + scrollTop;
  return html`
    <table
      role="table"
      aria-label=${words('tableLabel')}
      aria-rowcount=${geometry.total + 1}
      style=${styleMap({ '--rows': `${geometry.height}px`, '--row-height': `${geometry.row}px` })}
    >
      <thead role="rowgroup">
        <tr role="row" aria-rowindex="1">
          ${COLUMNS.map(
            (name) => html`<th role="columnheader" scope="col" class=${name}>${words(name)}</th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup" style=${styleMap({ transform: `translateY(${top}px)` })}>
        ${repeat(
          drawn,
          ({ event, index }) => (event ? slotOf.get(event.id) : `waiting ${index}`),
          ({ event, index }) =>
            event ? renderRow(event, view.look(event, index)) : renderSkeletonRow(index, words),
        )}
      </tbody>
    </table>
  `;
}

function drawnRows({ geometry, scrollTop, rows, first }: TableView): DrawnRow[] {
  const visible = visibleRows(geometry, scrollTop);
  const begin = Math.max(0, visible.first - DRAWN_BEYOND);
  const end = Math.min(geometry.total, visible.end + DRAWN_BEYOND);
  const drawn: DrawnRow[] = [];
  for (let index = begin; index < end; index++) drawn.push({ index, event: rows[index - first] });
  return drawn;
}
