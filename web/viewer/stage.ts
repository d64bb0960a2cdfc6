import { html, nothing, type TemplateResult } from 'lit';
import { EMPTY_FILTER, isEmptyFilter, type ViewerFilter } from './filter.ts';
import { UP_SHAPE } from './icons.ts';
import { renderTable } from './table.ts';
import type { TableController } from './table-controller.ts';
import type { Words } from './words.ts';

const SKELETON_ROWS = Array.from({ length: 12 });

/** What to show in the table's place. */
export interface StageView {
  table: TableController;
  filter: ViewerFilter;
  /** Replaces the table when the events could not be opened. */
  failure: string;
  words: Words;
  change(filter: ViewerFilter): void;
}

/** The button with the number of events that have arrived meanwhile. */
export function renderChip(count: number, words: Words, follow: () => void) {
  if (count === 0) return nothing;
  return html`<button class="chip" aria-label=${words('showNew', { count })} @click=${follow}>
    <svg viewBox="0 0 16 16" aria-hidden="true">${UP_SHAPE}</svg>
    ${words('newEvents', { count })}
  </button>`;
}

/** The table without its rows, or why there is none. */
export function renderMain(view: StageView): TemplateResult {
  const { table, failure, words } = view;
  if (failure) {
    return html`<div class="empty" role="alert">
      <b>${words('failure')}</b>
      <span>${failure}</span>
      <button @click=${() => location.reload()}>${words('tryAgain')}</button>
    </div>`;
  }
  if (!table.window.query) {
    return html`<div class="skeleton" role="status" aria-label=${words('loading')}>
      ${SKELETON_ROWS.map(() => html`<i></i>`)}
    </div>`;
  }
  return table.total === 0 ? renderEmpty(view) : renderTable(table.geometry, words);
}

function renderEmpty({ filter, words, change }: StageView): TemplateResult {
  const { search } = filter;
  if (isEmptyFilter(filter)) {
    return html`<div class="empty">
      <b>${words('empty')}</b><span>${words('emptyHint')}</span>
    </div>`;
  }
  const onlySearch = isEmptyFilter({ ...filter, search: '' });
  return html`<div class="empty">
    <b>${search === '' ? words('noMatch') : words('noMatchSearch', { search })}</b>
    ${search === '' ? nothing : html`<span>${words('noMatchHint')}</span>`}
    <button @click=${() => change(EMPTY_FILTER)}>
      ${words(onlySearch ? 'clearSearch' : 'clearFilters')}
    </button>
  </div>`;
}
