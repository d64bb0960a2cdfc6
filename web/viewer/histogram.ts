import { html, nothing, svg, type TemplateResult } from 'lit';
import { styleMap } from 'lit/directives/style-map.js';
import type { HistogramCounts } from '../client/index.ts';
import type { ViewerFilter } from './filter.ts';
import { CLOSE_SHAPE } from './icons.ts';
import type { Words } from './words.ts';

/** Buckets that an arrow key moves an edge by, without and with Shift. */
const STEP = 1;
const LONG_STEP = 10;

export interface HistogramView {
  words: Words;
  filter: ViewerFilter;
  counts: HistogramCounts;
  change(filter: ViewerFilter): void;
}

/** Buckets from `left` up to, not including, `right`. */
interface Span {
  left: number;
  right: number;
}

/** Bars of events over time; a part of it can be chosen by dragging, or by its two edges. */
export class Histogram {
  readonly #changed: () => void;
  /** Where a drag began and where it is now; null = no drag. */
  #drag: { from: number; to: number } | null = null;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  render(view: HistogramView): TemplateResult | typeof nothing {
    const { counts, words, filter, change } = view;
    if (counts.counts.length === 0 || !counts.from || !counts.to) return nothing;
    const isOpen = filter.from === '' && filter.to === '';
    const span = this.#drag ? spanOf(this.#drag) : chosenSpan(view);
    const scale = Date.parse(counts.to) - Date.parse(counts.from);
    const percent = (bucket: number) => (100 * bucket) / counts.counts.length;
    return html`<div class="histogram" role="region" aria-label=${words('histogram')}>
      <span class="edge-time">${words.shortTime(counts.from, scale)}</span>
      <div
        class="bars ${isOpen && !this.#drag ? '' : 'brushed'}"
        @pointerdown=${(event: PointerEvent) => this.#begin(event, view)}
        @pointermove=${(event: PointerEvent) => this.#move(event, view)}
        @pointerup=${() => this.#end(view)}
        @pointercancel=${() => this.#cancel()}
      >
        ${renderBars(counts.counts, span)}
        <div
          class="brush"
          style=${styleMap({
            left: `${percent(span.left)}%`,
            width: `${percent(span.right - span.left)}%`,
          })}
        ></div>
        ${renderEdge('left', span, view)} ${renderEdge('right', span, view)}
      </div>
      <span class="edge-time">${words.shortTime(counts.to, scale)}</span>
      <button
        class="icon"
        aria-label=${words('clearRange')}
        title=${words('clearRange')}
        ?disabled=${isOpen}
        @click=${() => change({ ...filter, from: '', to: '' })}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">${CLOSE_SHAPE}</svg>
      </button>
    </div>`;
  }

  #begin(event: PointerEvent, view: HistogramView): void {
    if (event.button !== 0 || (event.target as HTMLElement).closest('.edge')) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    const at = bucketAt(event, view);
    this.#drag = { from: at, to: at };
    this.#changed();
  }

  #move(event: PointerEvent, view: HistogramView): void {
    if (!this.#drag) return;
    this.#drag = { ...this.#drag, to: bucketAt(event, view) };
    this.#changed();
  }

  #end(view: HistogramView): void {
    if (!this.#drag) return;
    const span = spanOf(this.#drag);
    this.#drag = null;
    choose(view, span);
    this.#changed();
  }

  #cancel(): void {
    this.#drag = null;
    this.#changed();
  }
}

function renderBars(counts: readonly number[], { left, right }: Span): TemplateResult {
  const most = Math.max(1, ...counts);
  return html`<svg viewBox="0 0 ${counts.length} 100" preserveAspectRatio="none" aria-hidden="true">
    ${counts.map((count, at) => {
      const height = count === 0 ? 0 : Math.max(4, (100 * count) / most);
      return svg`<rect class=${at >= left && at < right ? 'in' : 'out'} x=${at + 0.1}
        y=${100 - height} width="0.8" height=${height} />`;
    })}
  </svg>`;
}

/** An edge of the chosen part, as a slider. */
function renderEdge(edge: 'left' | 'right', span: Span, view: HistogramView): TemplateResult {
  const { counts, words } = view;
  const last = counts.counts.length;
  const at = span[edge];
  const isOpen = edge === 'left' ? at === 0 : at === last;
  const open = edge === 'left' ? 'beginning' : 'now';
  const onKey = (event: KeyboardEvent) => {
    const to = keyTarget(event, at, last);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (edge === 'left') choose(view, { left: Math.min(to, span.right - 1), right: span.right });
    else choose(view, { left: span.left, right: Math.max(to, span.left + 1) });
  };
  return html`<div
    class="edge"
    role="slider"
    tabindex="0"
    data-edge=${edge}
    aria-label=${words(edge === 'left' ? 'rangeFrom' : 'rangeTo')}
    aria-valuemin="0"
    aria-valuemax=${last}
    aria-valuenow=${at}
    aria-valuetext=${isOpen ? words(open) : words.time(timeOf(counts, at).toISOString())}
    style=${styleMap({ left: `${(100 * at) / last}%` })}
    @keydown=${onKey}
  ></div>`;
}

function keyTarget({ key, shiftKey }: KeyboardEvent, at: number, last: number): number | null {
  const step = shiftKey ? LONG_STEP : STEP;
  const to = {
    ArrowLeft: at - step,
    ArrowDown: at - step,
    ArrowRight: at + step,
    ArrowUp: at + step,
    Home: 0,
    End: last,
  }[key];
  return to === undefined ? null : Math.min(Math.max(to, 0), last);
}

const spanOf = ({ from, to }: { from: number; to: number }): Span => ({
  left: Math.min(from, to),
  right: Math.max(from, to) + 1,
});

function bucketAt(event: PointerEvent, { counts }: HistogramView): number {
  const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const bucket = Math.floor(((event.clientX - left) / width) * counts.counts.length);
  return Math.min(Math.max(bucket, 0), counts.counts.length - 1);
}

function timeOf({ from, to, counts }: HistogramCounts, bucket: number): Date {
  const begin = Date.parse(from ?? '');
  return new Date(begin + ((Date.parse(to ?? '') - begin) * bucket) / counts.length);
}

/** The part of the bars that the filter selects. */
function chosenSpan({ filter, counts }: HistogramView): Span {
  const last = counts.counts.length;
  const begin = Date.parse(counts.from ?? '');
  const width = (Date.parse(counts.to ?? '') - begin) / last || 1;
  const bucketOf = (iso: string) =>
    Math.min(Math.max(Math.round((Date.parse(iso) - begin) / width), 0), last);
  const left = filter.from === '' ? 0 : Math.min(bucketOf(filter.from), last - 1);
  const right = filter.to === '' ? last : bucketOf(filter.to);
  return { left, right: Math.max(right, left + 1) };
}

/** An edge at an end is open, so that later events are included. */
function choose({ filter, counts, change }: HistogramView, { left, right }: Span): void {
  const from = left <= 0 ? '' : justBefore(timeOf(counts, left));
  const to = right >= counts.counts.length ? '' : timeOf(counts, right).toISOString();
  if (from !== filter.from || to !== filter.to) change({ ...filter, from, to });
}

/** A microsecond earlier, because `newerThan` is strict. */
const justBefore = (time: Date): string =>
  new Date(time.getTime() - 1).toISOString().replace('Z', '999Z');
