import { html, type TemplateResult } from 'lit';
import { styleMap } from 'lit/directives/style-map.js';
import type { EventRow } from '../client/index.ts';
import { type Geometry, rowsTop, visibleRows } from './geometry.ts';
import { Row, type RowLook, titleOf } from './row.ts';
import type { Words } from './words.ts';

/** Rows drawn beyond both edges of the view, so that a small scroll shows no gap. */
const DRAWN_BEYOND = 8;
const COLUMNS = ['status', 'topic', 'description', 'project', 'user', 'age'] as const;

export interface RowsView {
  geometry: Geometry;
  scrollTop: number;
  rows: readonly EventRow[];
  /** Index of the first of the rows. */
  first: number;
  words: Words;
  look(event: EventRow): RowLook;
}

/** The table without its rows, which `TableRows` draws. */
export function renderTable({ total, height, row }: Geometry, words: Words): TemplateResult {
  return html`
    <table
      role="table"
      aria-label=${words('tableLabel')}
      aria-rowcount=${total + 1}
      style=${styleMap({ '--rows': `${height}px`, '--row-height': `${row}px` })}
    >
      <thead role="rowgroup">
        <tr role="row" aria-rowindex="1">
          ${COLUMNS.map(
            (name) => html`<th role="columnheader" scope="col" class=${name}>${words(name)}</th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup"></tbody>
    </table>
  `;
}

/** Assigns elements to rows, so that the element of a row that left is used for a new one. */
export class RowSlots {
  /** In the order in which they are shown. */
  #slots = new Map<string, number>();
  /** Free slots. */
  #spare: number[] = [];
  #count = 0;

  /** A slot for each key: its previous one, or a free one, from the top on. */
  assign(keys: readonly string[]): Map<string, number> {
    const wanted = new Set(keys);
    const left = [...this.#slots].filter(([key]) => !wanted.has(key)).map(([, slot]) => slot);
    const free = [...left, ...this.#spare];
    let taken = 0;
    const next = new Map<string, number>();
    for (const key of keys) {
      next.set(key, this.#slots.get(key) ?? free[taken++] ?? this.#count++);
    }
    this.#spare = free.slice(taken);
    this.#slots = next;
    return next;
  }
}

interface Drawn {
  key: string;
  row: Row;
}

/** Draws the visible rows and a few more; rows that have not arrived as skeletons. */
export class TableRows {
  readonly #slots = new RowSlots();
  readonly #rows: Row[] = []; // by slot
  /** The cell under the pointer. */
  #pointed: HTMLElement | null = null;

  draw(body: HTMLElement, view: RowsView): void {
    const { geometry, scrollTop, rows, words } = view;
    const { first, end } = drawnRange(geometry, scrollTop);
    const top = first * geometry.row - rowsTop(geometry, scrollTop) + scrollTop;
    body.style.transform = `translateY(${top}px)`;
    const keys: string[] = [];
    for (let index = first; index < end; index++) {
      keys.push(rows[index - view.first]?.id ?? `waiting ${index}`);
    }
    const drawn = [...this.#slots.assign(keys)].map(([key, slot]) => ({
      key,
      row: this.#row(slot),
    }));
    place(body, drawn);
    drawn.forEach(({ row }, at) => {
      const event = rows[first + at - view.first];
      if (event) row.show(event, first + at, view.look(event));
      else row.wait(first + at, words);
    });
    this.explain(this.#pointed, words);
  }

  /** Sets the title of the cell under the pointer. In all cells, titles would cost as much as the texts. */
  explain(cell: HTMLElement | null, words: Words): void {
    if (this.#pointed !== cell) this.#pointed?.removeAttribute('title');
    this.#pointed = cell;
    if (cell) cell.title = titleOf(cell, words);
  }

  #row(slot: number): Row {
    const row = this.#rows[slot] ?? new Row();
    this.#rows[slot] = row;
    return row;
  }
}

/** Always the same number, wherever the view cuts a row, so that no element is added or removed. */
function drawnRange(geometry: Geometry, scrollTop: number): { first: number; end: number } {
  const { view, row, total } = geometry;
  const first = visibleRows(geometry, scrollTop).first - DRAWN_BEYOND;
  const end = first + Math.ceil(view / row) + 1 + 2 * DRAWN_BEYOND;
  return { first: Math.max(0, first), end: Math.min(total, end) };
}

/**
 * Puts the elements into this order. An element that shows the same row stays in its place, because a moved
 * element loses the focus.
 */
function place(body: HTMLElement, drawn: readonly Drawn[]): void {
  const all = new Set<Element>(drawn.map(({ row }) => row.element));
  for (const element of [...body.children]) if (!all.has(element)) element.remove();
  const fresh = new Set<Element | null>();
  for (const { key, row } of drawn) {
    if (row.key !== key) fresh.add(row.element);
    row.key = key;
  }
  let next = body.firstElementChild;
  for (const { element } of drawn.map(({ row }) => row)) {
    if (!fresh.has(element)) while (fresh.has(next)) next = next?.nextElementSibling ?? null;
    if (element === next) next = next.nextElementSibling;
    else body.insertBefore(element, next);
  }
}
