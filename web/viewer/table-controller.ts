import type { CountQuery, Events, EventRow } from '../client/index.ts';
import { justAfter, toQuery, type ViewerFilter } from './filter.ts';
import { type Geometry, layOut, revealTop, rowsTop, scrollTopOf, visibleRows } from './geometry.ts';
import { FrameTask } from './frame-task.ts';
import type { RowLook } from './row.ts';
import { TableRows } from './table.ts';
import { Tally } from './tally.ts';
import { EventWindow, type WindowRequest } from './window.ts';
import type { Words } from './words.ts';

/** Below this width, in pixels, a row is two lines. */
const COMPACT_PX = 640;
const ROW_PX = 30;
const COMPACT_ROW_PX = 48;
const HEAD_PX = 31;
/** Rows requested beyond both edges of the view, and how near to their end the next are requested. */
const ASKED_BEYOND = 60;
const NEAR = 20;
/** While the table is scrolled, this many more of them lie ahead, and fewer behind. */
const MOST_LEAD = 35;
/** A table that is scrolled by less, in pixels, counts as at the top. */
const AT_TOP_PX = 2;
/** The anchor of a table that stands still while it has no rows. */
const BEFORE_ALL = '1970-01-01T00:00:00.000000+00:00';

interface TableHost {
  /** Something besides the rows needs rendering. */
  requestUpdate(): void;
  /** How a row is shown. */
  look(event: EventRow, tabbable: boolean): RowLook;
  words(): Words;
  /** The element that scrolls; null before the first rendering. */
  scroller(): HTMLElement | null;
}

/**
 * What the table shows: the window of rows for the scroll position, whether it shows new events or
 * stands still, and the row that has the focus.
 */
export class TableController {
  readonly window: EventWindow;
  readonly tally: Tally;
  /** Draws the rows, which Lit does not render. */
  readonly drawing = new FrameTask(() => this.#draw());
  /** The rows stay where they are; new events are only counted. */
  paused = false;
  /** Rows of two lines. */
  compact = false;
  scrollTop = 0;
  /** Id of the row that has or had the focus. */
  active = '';
  /** What the table shows now. */
  query: CountQuery = {};

  readonly #host: TableHost;
  readonly #rows = new TableRows();
  #filter: ViewerFilter | null = null;
  #anchor = '';
  #facets = false;
  #asked: WindowRequest | null = null;
  #held = false;
  /** The user moves by keyboard, so rows must not move. */
  #inRows = false;
  /** A row has the focus. */
  #hasFocus = false;
  #isRendering = false;
  #activeIndex = 0;
  #focusIndex: number | null = null;
  #restoreIndex: number | null = null;
  #view = 0;
  /** What Lit renders besides the rows. */
  #rendered = '';
  /** The first visible row at the last drawing, how far the rows had moved, and whether that was far. */
  #drawnFirst = 0;
  #moved = 0;
  #flying = false;

  constructor(host: TableHost) {
    this.#host = host;
    this.window = new EventWindow(() => this.#changed());
    this.tally = new Tally(() => host.requestUpdate());
  }

  /** Begins again with these events, or ends with null. */
  open(events: Events | null): void {
    this.window.open(events);
    this.tally.open(events);
    this.#filter = null; // so that it asks again
  }

  #changed(): void {
    if (this.#state() === this.#rendered) this.drawing.request();
    else this.#host.requestUpdate();
  }

  /** Updates what depends on the rows. */
  #state(): string {
    const { total, window } = this;
    return `${total} ${window.query !== null} ${window.problem}`;
  }

  get total(): number {
    const { rows, first, atEnd, query } = this.window;
    const seen = first + rows.length;
    if (query === this.query && atEnd && first === 0) return seen;
    // A window's beginning is as of its request; later removals in front of it are counted.
    if (first > 0 && this.tally.answered === this.query) return this.tally.total;
    return Math.max(this.tally.total, seen);
  }

  /** Matches that arrived since the table stands still. */
  get newer(): number {
    return this.paused ? this.tally.newer : 0;
  }

  get geometry(): Geometry {
    return layOut(this.total, this.compact ? COMPACT_ROW_PX : ROW_PX, this.#view);
  }

  rowOf(id: string): EventRow | undefined {
    return this.window.rows.find((row) => row.id === id);
  }

  /** The row that the Tab key reaches. */
  get tabbable(): string | undefined {
    if (this.rowOf(this.active)) return this.active;
    const { first } = visibleRows(this.geometry, this.scrollTop);
    return this.window.rows[first - this.window.first]?.id;
  }

  /** Requests what is to be shown; called before each rendering. */
  prepare(filter: ViewerFilter, selected: string, facets: boolean): void {
    const isNew = filter !== this.#filter;
    if (isNew) this.#scrollTo(0);
    this.paused = this.#held || this.#inRows || selected !== '' || this.scrollTop > AT_TOP_PX;
    const anchor = isNew || !this.paused ? '' : this.#anchor || this.#newest();
    if (isNew || anchor !== this.#anchor || facets !== this.#facets) {
      if (isNew || anchor !== this.#anchor) {
        this.query = { ...toQuery(filter), ...(anchor !== '' && { olderThan: justAfter(anchor) }) };
      }
      this.#filter = filter;
      this.#anchor = anchor;
      this.#facets = facets;
      this.tally.ask({ query: this.query, filter, anchor, facets });
    }
    this.window.want(this.#wanted());
    this.#rendered = this.#state();
  }

  /** Creation time of the newest event in the table; empty until its top is loaded. */
  #newest(): string {
    const { rows, first, query } = this.window;
    if (query !== this.query || first > 0) return '';
    // All times have one format, so they sort as text.
    const times = rows.map(({ createdAt }) => createdAt).sort();
    return times.at(-1) ?? BEFORE_ALL;
  }

  #wanted(): WindowRequest {
    const { query, total } = this;
    const visible = visibleRows(this.geometry, this.scrollTop);
    const near = Math.max(0, visible.first - NEAR);
    const far = Math.min(total, visible.end + NEAR);
    const asked = this.#asked;
    const counted = this.tally.answered === query ? this.tally.total : -1;
    const isPlaced = asked?.first === 0 || asked?.counted === counted;
    const covered =
      asked?.query === query && near >= asked.first && far <= asked.first + asked.count;
    if (asked && covered && isPlaced) return asked;
    const count = Math.ceil(this.#view / this.geometry.row) + 2 * ASKED_BEYOND;
    const lead = Math.min(Math.max(this.#moved, -MOST_LEAD), MOST_LEAD);
    const first = Math.max(0, visible.first - ASKED_BEYOND + lead);
    this.#asked = { query, first, count, counted };
    return this.#asked;
  }

  #draw(): void {
    const scroller = this.#host.scroller();
    if (!scroller) return;
    this.#restore();
    const { geometry, scrollTop, window, tabbable } = this;
    const inSight = visibleRows(geometry, scrollTop).first;
    this.#moved = inSight - this.#drawnFirst;
    this.#drawnFirst = inSight;
    // Rows that would be out of sight on arrival are not requested.
    const wasFlying = this.#flying;
    this.#flying = Math.abs(this.#moved) > ASKED_BEYOND;
    if (wasFlying && this.#flying) this.drawing.request();
    else if (this.#filter) this.window.want(this.#wanted());
    const body = scroller.querySelector('tbody');
    if (body) {
      const words = this.#host.words();
      const look = (event: EventRow) => this.#host.look(event, event.id === tabbable);
      const { rows, first } = window;
      this.render(() => this.#rows.draw(body, { geometry, scrollTop, rows, first, words, look }));
    }
    this.#settleFocus(scroller);
  }

  /** Scrolls to the row that was the first visible one before the row height changed. */
  #restore(): void {
    if (this.#restoreIndex === null) return;
    const index = this.#restoreIndex;
    this.#restoreIndex = null;
    this.#scrollTo(scrollTopOf(this.geometry, index * this.geometry.row));
    this.#host.requestUpdate();
  }

  #settleFocus(scroller: HTMLElement): void {
    const focused = (scroller.getRootNode() as ShadowRoot).activeElement;
    const row = focused instanceof HTMLElement ? focused.closest('tr') : null;
    if (this.#focusIndex === null) {
      if (this.#hasFocus && !focused) {
        // the element of the row was removed
        this.#hasFocus = this.#inRows = false;
        scroller.focus({ preventScroll: true });
      }
      // The focused event has left, and its element shows another event.
      if (row && row.dataset['id'] !== this.active) scroller.focus({ preventScroll: true });
      return;
    }
    if (!focused || !scroller.contains(focused)) {
      this.#focusIndex = null; // the user has moved elsewhere
      return;
    }
    const wanted = scroller.querySelector<HTMLElement>(`tr[data-index="${this.#focusIndex}"]`);
    if (wanted) this.#focusIndex = null;
    (wanted ?? scroller).focus({ preventScroll: true });
  }

  /** The size of the view has changed. */
  measure(scroller: HTMLElement): void {
    const compact = scroller.clientWidth < COMPACT_PX;
    const view = Math.max(0, scroller.clientHeight - (compact ? 0 : HEAD_PX));
    if (compact === this.compact && view === this.#view) return;
    const { geometry } = this;
    if (compact !== this.compact && this.scrollTop > AT_TOP_PX) {
      this.#restoreIndex = Math.floor(rowsTop(geometry, this.scrollTop) / geometry.row);
    }
    this.compact = compact;
    this.#view = view;
    this.#host.requestUpdate();
  }

  scrolled(scrollTop: number): void {
    if (scrollTop === this.scrollTop) return;
    const wasAtTop = this.scrollTop <= AT_TOP_PX;
    this.scrollTop = scrollTop;
    if (wasAtTop === scrollTop <= AT_TOP_PX) this.drawing.request();
    else this.#host.requestUpdate();
  }

  #scrollTo(scrollTop: number): void {
    const scroller = this.#host.scroller();
    if (!scroller) return;
    scroller.scrollTop = scrollTop;
    this.scrollTop = scroller.scrollTop;
  }

  /** The pointer is over this element. */
  pointed(element: HTMLElement): void {
    this.#rows.explain(element.closest<HTMLElement>('tbody td'), this.#host.words());
  }

  /** Runs work that may remove the focused element, which then does not count as the user leaving it. */
  render(work: () => void): void {
    this.#isRendering = true;
    try {
      work();
    } finally {
      this.#isRendering = false;
    }
  }

  /** A row has got the focus, or lost it. */
  focused(row: HTMLElement | null): void {
    if (this.#isRendering) return;
    this.#hasFocus = row !== null;
    if (!row) this.#inRows = false;
    else {
      this.active = row.dataset['id'] ?? '';
      this.#activeIndex = Number(row.dataset['index'] ?? 0);
    }
    this.#host.requestUpdate();
  }

  /** The user has left the row, although the focus has not. */
  release(): void {
    this.#inRows = false;
    this.#host.requestUpdate();
  }

  /** Stands still until `follow`. */
  pause(): void {
    this.#held = true;
    this.#host.requestUpdate();
  }

  /** Goes to the top and shows new events. */
  follow(): void {
    this.#held = this.#inRows = false;
    this.#focusIndex = null;
    this.active = '';
    this.#scrollTo(0);
    this.#host.scroller()?.focus({ preventScroll: true });
    this.#host.requestUpdate();
  }

  /** Moves the focus for a key; false when the key does not move it. */
  move(key: string): boolean {
    const { geometry, total } = this;
    const page = Math.max(1, Math.floor(geometry.view / geometry.row) - 1);
    const from = this.#focusIndex ?? this.#indexOfActive();
    const to = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      PageDown: from + page,
      PageUp: from - page,
      Home: 0,
      End: total - 1,
    }[key];
    if (to === undefined || total === 0) return false;
    this.#inRows = true;
    this.#focusIndex = Math.min(Math.max(to, 0), total - 1);
    this.#scrollTo(revealTop(geometry, this.scrollTop, this.#focusIndex));
    // The focused element may be removed now.
    const scroller = this.#host.scroller();
    const wanted = scroller?.querySelector<HTMLElement>(`tr[data-index="${this.#focusIndex}"]`);
    (wanted ?? scroller)?.focus({ preventScroll: true });
    this.drawing.flush();
    this.#host.requestUpdate();
    return true;
  }

  #indexOfActive(): number {
    if (this.active === '') return visibleRows(this.geometry, this.scrollTop).first - 1;
    const at = this.window.rows.findIndex((row) => row.id === this.active);
    return at < 0 ? this.#activeIndex : at + this.window.first;
  }
}
