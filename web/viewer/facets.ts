import { html, nothing, type TemplateResult } from 'lit';
import type { EventStatus, FacetCounts } from '../client/index.ts';
import { EMPTY_FILTER, FACETS, type FacetName, isEmptyFilter, toggled } from './filter.ts';
import type { ViewerFilter } from './filter.ts';
import { splitTopic } from './format.ts';
import { STATUS_STROKES, statusShape } from './icons.ts';
import type { Words } from './words.ts';

/** Values of a facet that are shown first, and after "show more". */
const FEW = 6;
const MANY = 100;

export interface FacetsView {
  words: Words;
  filter: ViewerFilter;
  counts: Partial<Record<FacetName, FacetCounts>>;
  change(filter: ViewerFilter): void;
}

interface FacetValue {
  value: string;
  count: number;
}

/** The values of topic, status, project and user to choose from, with the number of their events. */
export class Facets {
  readonly #changed: () => void;
  #expanded = new Set<FacetName>();
  /** The order of the values when they were last drawn. */
  #order = new Map<FacetName, readonly string[]>();
  /** The user is about to choose a value, so values must not move. */
  #isHeld = false;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  render(view: FacetsView): TemplateResult {
    const { words, filter, change } = view;
    const clear = () => change({ ...EMPTY_FILTER, search: filter.search, logs: filter.logs });
    const isClear = isEmptyFilter({ ...filter, search: '', logs: true });
    const hold = (isHeld: boolean) => () => {
      this.#isHeld = isHeld;
    };
    return html`
      <div class="values" @pointerenter=${hold(true)} @pointerleave=${hold(false)}>
        ${FACETS.map((facet) => this.#renderFacet(facet, view))}
      </div>
      <button ?disabled=${isClear} @click=${clear}>${words('clearFilters')}</button>
    `;
  }

  #renderFacet(facet: FacetName, view: FacetsView): TemplateResult {
    const values = valuesOf(facet, view);
    if (this.#isHeld) keepOrder(values, this.#order.get(facet) ?? []);
    this.#order.set(
      facet,
      values.map(({ value }) => value),
    );
    const shown = values.slice(0, this.#expanded.has(facet) ? MANY : FEW);
    // Chosen values are always visible.
    for (const one of values.slice(shown.length)) {
      if (view.filter[facet].includes(one.value)) shown.push(one);
    }
    return html`<fieldset data-facet=${facet}>
      <legend>${view.words(facet)}</legend>
      ${shown.map((one) => renderValue(facet, one, view))}
      ${this.#renderMore(facet, Math.min(values.length, MANY) - shown.length, view.words)}
    </fieldset>`;
  }

  #renderMore(facet: FacetName, left: number, words: Words) {
    const isExpanded = this.#expanded.has(facet);
    if (!isExpanded && left <= 0) return nothing;
    const toggle = () => {
      if (!this.#expanded.delete(facet)) this.#expanded.add(facet);
      this.#changed();
    };
    return html`<button class="link" aria-expanded=${isExpanded} @click=${toggle}>
      ${isExpanded ? words('fewer') : words('more', { count: left })}
    </button>`;
  }
}

function renderTopic(topic: string): TemplateResult {
  const [stem, leaf] = splitTopic(topic);
  return html`<span class="stem">${stem}</span><span class="leaf">${leaf}</span>`;
}

/** The most frequent values first; all statuses, always in the same order. */
function valuesOf(facet: FacetName, { counts, filter }: FacetsView): FacetValue[] {
  const found = new Map(
    (counts[facet]?.values ?? []).map(({ value, count }) => [value ?? '', count]),
  );
  const first = facet === 'status' ? Object.keys(STATUS_STROKES) : [];
  const values = new Set([...first, ...found.keys(), ...filter[facet]]);
  return [...values].map((value) => ({ value, count: found.get(value) ?? 0 }));
}

/** Values that were shown keep their places; new ones come last. */
function keepOrder(values: FacetValue[], order: readonly string[]): void {
  const places = new Map(order.map((value, place) => [value, place]));
  const placeOf = ({ value }: FacetValue) => places.get(value) ?? order.length;
  values.sort((a, b) => placeOf(a) - placeOf(b));
}

function renderValue(facet: FacetName, { value, count }: FacetValue, view: FacetsView) {
  const { words, filter, change } = view;
  const status = facet === 'status' ? (value as EventStatus) : null;
  const name = status ? words(`status.${status}`) : value || words('none');
  return html`<label class="value ${status ?? ''}" title=${name}>
    <input
      type="checkbox"
      .checked=${filter[facet].includes(value)}
      @change=${() => change(toggled(filter, facet, value))}
    />
    ${status ? html`<svg viewBox="0 0 16 16" aria-hidden="true">${statusShape(status)}</svg>` : nothing}
    <span class="name ${facet === 'topic' ? facet : ''}"
      >${facet === 'topic' ? renderTopic(value) : name}</span
    >
    <span class="number">${words.number(count)}</span>
  </label>`;
}
