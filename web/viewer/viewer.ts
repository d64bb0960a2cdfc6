import { html, LitElement, nothing, type PropertyValues } from 'lit';
import type { EventRow, Events, EventsStatus } from '../client/index.ts';
import { type ActionKind, Actions } from './actions.ts';
import { Asking } from './asking.ts';
import { Details } from './details.ts';
import { renderHelp, renderQuestion, renderToasts, showDialogs } from './dialogs.ts';
import { Facets } from './facets.ts';
import { EMPTY_FILTER, isEmptyFilter, type ViewerFilter } from './filter.ts';
import { renderHeader } from './header.ts';
import { Histogram } from './histogram.ts';
import { commandOf } from './keyboard.ts';
import { OutboxList } from './outbox.ts';
import type { RowLook } from './row.ts';
import { renderChip, renderMain } from './stage.ts';
import type { Strings } from './strings.ts';
import { viewerStyles } from './styles.ts';
import { TableController } from './table-controller.ts';
import { readUrlState, writeUrlState } from './url-state.ts';
import { createWords, type Words } from './words.ts';

/** Ages are redrawn this often, in milliseconds. */
const AGE_TICK_MS = 5000;
/** Below this width, in pixels, panels cover the table. */
const NARROW_PX = 760;
/** From this width on, in pixels, facets are open at first. */
const WIDE_PX = 1000;

/**
 * A live table of events, newest first, of any length.
 * @attribute url-state - keep filter and selection in the fragment of the page's address
 * @fires cuesheet-select - the details of another event are open; detail: its id, empty = none
 * @fires cuesheet-filter - detail: the filter
 * @fires cuesheet-action - an action was confirmed; detail: its kind and ids
 */
export class CuesheetViewer extends LitElement {
  /** @internal */ static override styles = viewerStyles;
  /** @internal */ static override properties = {
    events: { attribute: false },
    note: { type: String },
    failure: { type: String },
    strings: { attribute: false },
    urlState: { type: Boolean, attribute: 'url-state' },
    filter: { state: true },
    selected: { state: true },
    status: { state: true },
    cached: { state: true },
    width: { state: true },
    panel: { state: true },
    dialog: { state: true },
    now: { state: true },
  };

  /** What `openEvents()` returned; null = none yet. */
  declare events: Events | null;
  /** A sentence above the table. */
  declare note: string;
  /** A sentence that replaces the table, because the events could not be opened. */
  declare failure: string;
  /** Texts that replace the English ones. */
  declare strings: Partial<Strings>;
  declare urlState: boolean;
  /** What is shown. Replace the object instead of changing it. */
  declare filter: ViewerFilter;
  /** Id of the event whose details are open; empty = none. */
  declare selected: string;
  /** @internal */ declare status: EventsStatus | null;
  /** The server is away, so what is shown may be old. @internal */
  declare cached: boolean;
  /** Of the viewer, in pixels. @internal */
  declare width: number;
  /** Facets and histogram are shown; null = as the width suggests. @internal */
  declare panel: boolean | null;
  /** @internal */ declare dialog: 'help' | 'outbox' | null;
  /** @internal */ declare now: number;

  readonly #table = new TableController({
    requestUpdate: () => this.requestUpdate(),
    scroller: () => this.renderRoot?.querySelector('main') ?? null,
    look: (event, tabbable) => this.#lookOf(event, tabbable),
    words: () => this.#words,
  });
  readonly #details = new Details(() => this.requestUpdate());
  readonly #facets = new Facets(() => this.requestUpdate());
  readonly #histogram = new Histogram(() => this.requestUpdate());
  readonly #outbox = new OutboxList(() => this.requestUpdate());
  readonly #actions = new Actions(() => this.requestUpdate());
  readonly #asking = new Asking(this.#actions, () => this.requestUpdate());
  #words: Words = createWords();
  #lang = '';
  #endStatus = () => {};
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #size = new ResizeObserver(() => this.#measure());

  constructor() {
    super();
    this.events = null;
    this.note = '';
    this.failure = '';
    this.strings = {};
    this.filter = EMPTY_FILTER;
    this.selected = '';
    this.status = null;
    this.cached = false;
    this.width = WIDE_PX;
    this.urlState = false;
    this.panel = null;
    this.dialog = null;
    this.now = Date.now();
  }

  /** @internal */ override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => {
      this.now = Date.now();
    }, AGE_TICK_MS);
    this.#size.observe(this);
    addEventListener('pagehide', this.#onHide);
    addEventListener('hashchange', this.#readUrl);
    document.addEventListener('keydown', this.#onPageKey);
    if (this.hasUpdated) this.#open();
  }

  /** @internal */ override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#size.disconnect();
    removeEventListener('pagehide', this.#onHide);
    removeEventListener('hashchange', this.#readUrl);
    document.removeEventListener('keydown', this.#onPageKey);
    this.#actions.flush();
    this.#table.open(null);
    this.#details.open(null, '');
    this.#outbox.open(null);
    this.#endStatus();
  }

  #open(): void {
    const { events } = this;
    this.#actions.flush();
    this.#details.open(null, '');
    this.#table.open(events);
    this.#outbox.open(events);
    this.#endStatus();
    this.status = events?.status ?? null;
    const follow = (status: EventsStatus) => {
      this.status = status;
      this.#outbox.follow(status);
      this.#details.follow(status);
    };
    this.#endStatus = events?.onStatus(follow) ?? (() => {});
    this.requestUpdate();
  }

  protected override willUpdate(changed: PropertyValues): void {
    const lang = this.lang || document.documentElement.lang;
    if (changed.has('strings') || lang !== this.#lang) {
      this.#words = createWords(this.strings, lang);
      this.#lang = lang;
    }
    if (changed.has('urlState')) this.#readUrl();
    if (changed.has('events')) this.#open();
    const connection = this.status?.connection;
    if (connection === 'waiting' || connection === 'offline') this.cached = true;
    if (connection === 'live' || connection === 'unauthorized') this.cached = false;
    if (!this.events || !this.isConnected) return;
    this.#details.open(this.events, this.selected);
    this.#table.prepare(this.filter, this.selected, this.#hasPanel);
  }

  protected override update(changed: PropertyValues): void {
    this.#table.render(() => super.update(changed));
  }

  protected override updated(changed: PropertyValues): void {
    this.#table.drawing.request();
    showDialogs(this.renderRoot);
    const scroller = this.renderRoot.querySelector('main');
    if (scroller) this.#size.observe(scroller); // observing it twice changes nothing
    const opened = changed.has('selected') && this.selected !== '' && !changed.get('selected');
    if (opened && this.#isNarrow)
      this.renderRoot.querySelector<HTMLElement>('.details h2')?.focus();
    if (changed.has('selected') && changed.get('selected') !== undefined) {
      this.#tell('cuesheet-select', this.selected);
    }
    if (changed.has('filter') && changed.get('filter') !== undefined) {
      this.#tell('cuesheet-filter', this.filter);
    }
    if (changed.has('filter') || changed.has('selected')) this.#writeUrl();
  }

  /** Also waits until the rows are drawn. */
  protected override async getUpdateComplete(): Promise<boolean> {
    const isComplete = await super.getUpdateComplete();
    await this.#table.drawing.done;
    return isComplete;
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #readUrl = () => {
    if (!this.urlState) return;
    const { filter, selected } = readUrlState(location.hash);
    if (JSON.stringify(filter) !== JSON.stringify(this.filter)) this.filter = filter;
    this.selected = selected;
  };

  #writeUrl(): void {
    if (!this.urlState) return;
    const { filter, selected } = this;
    const hash = writeUrlState(location.hash, { filter, selected });
    if (hash === location.hash) return;
    history.replaceState(history.state, '', location.pathname + location.search + hash);
  }

  get #isNarrow(): boolean {
    return this.width < NARROW_PX;
  }

  get #hasPanel(): boolean {
    return this.panel ?? this.width >= WIDE_PX;
  }

  #measure(): void {
    this.width = this.clientWidth;
    const scroller = this.renderRoot.querySelector('main');
    if (scroller) this.#table.measure(scroller);
  }

  protected override render() {
    const covered = this.#isNarrow && this.selected !== '';
    return html`
      <div
        class="viewer ${this.#isNarrow ? 'narrow' : ''} ${covered ? 'covered' : ''}"
        @keydown=${this.#onKey}
      >
        ${renderHeader({
          words: this.#words,
          filter: this.filter,
          status: this.status,
          matches: isEmptyFilter(this.filter) ? null : this.#table.total,
          paused: this.#table.paused,
          panel: this.#hasPanel,
          change: this.#setFilter,
          togglePause: () => (this.#table.paused ? this.#follow() : this.#table.pause()),
          togglePanel: () => {
            this.panel = !this.#hasPanel;
          },
          openOutbox: () => {
            this.dialog = 'outbox';
          },
        })}
        <div class="notes" role="status">${this.#renderNote()}</div>
        ${this.#hasPanel ? this.#renderHistogram() : nothing}
        <div class="body">
          ${this.#hasPanel ? this.#renderFacets(covered) : nothing} ${this.#renderStage(covered)}
          ${this.selected === '' ? nothing : this.#renderDetails()}
        </div>
        ${this.#renderOver()}
      </div>
    `;
  }

  #renderStage(covered: boolean) {
    const isLoading = !this.#table.window.query && !this.failure;
    return html`<div class="stage ${this.#table.compact ? 'compact' : ''}" ?inert=${covered}>
      ${renderChip(this.#table.newer, this.#words, () => this.#follow())}
      <main
        tabindex="-1"
        aria-busy=${isLoading}
        @scroll=${this.#onScroll}
        @focusin=${this.#onFocus}
        @focusout=${this.#onBlur}
        @click=${this.#onClick}
        @mouseover=${this.#onPointer}
      >
        ${renderMain({
          table: this.#table,
          filter: this.filter,
          failure: this.failure,
          words: this.#words,
          change: this.#setFilter,
        })}
      </main>
    </div>`;
  }

  #renderHistogram() {
    const counts = this.#table.tally.histogram;
    if (!counts?.counts.some((count) => count > 0)) return nothing;
    const { filter } = this;
    return this.#histogram.render({ words: this.#words, filter, counts, change: this.#setFilter });
  }

  #renderFacets(covered: boolean) {
    const words = this.#words;
    const { filter, events } = this;
    const counts = this.#table.tally.facets;
    const askAll = () => {
      if (events) void this.#asking.askAll(events, 'restart', this.#table.query);
    };
    return html`<aside class="facets" aria-label=${words('filters')} ?inert=${covered}>
      ${this.#facets.render({ words, filter, counts, change: this.#setFilter })}
      <button data-all ?disabled=${this.#table.total === 0} @click=${askAll}>
        ${words('allMatching')}
      </button>
    </aside>`;
  }

  #renderDetails() {
    return this.#details.render({
      sheet: this.#isNarrow,
      words: this.#words,
      now: this.now,
      select: (id) => {
        this.selected = id;
      },
      close: () => this.#closeDetails(),
      act: (kind, event) => this.#asking.askOne(kind, event),
    });
  }

  /** The layers above everything else: dialogs and toasts. */
  #renderOver() {
    const words = this.#words;
    const { question } = this.#asking;
    const close = () => {
      this.dialog = null;
    };
    return html`
      ${renderToasts({
        words,
        actions: this.#actions.list,
        undo: (action) => void this.#actions.undo(action),
        dismiss: (action) => this.#actions.dismiss(action),
      })}
      ${
        question
          ? renderQuestion({
              words,
              question,
              confirm: () => void this.#confirm(question.kind),
              cancel: () => this.#asking.cancel(),
              choose: (kind) => this.events && this.#asking.choose(this.events, kind),
            })
          : nothing
      }
      ${this.dialog === 'help' ? renderHelp(words, close) : nothing}
      ${this.dialog === 'outbox' ? this.#outbox.render(words, close) : nothing}
    `;
  }

  async #confirm(kind: ActionKind): Promise<void> {
    if (!this.events) return;
    const ids = await this.#asking.confirm(this.events);
    if (ids.length > 0) this.#tell('cuesheet-action', { kind, ids });
  }

  #renderNote() {
    const { reload = null, message = null } = this.status ?? {};
    const warning = this.#table.window.problem || this.note || reload || message;
    if (warning) return html`<p class="note warning">${warning}</p>`;
    return this.cached ? html`<p class="note">${this.#words('cached')}</p>` : nothing;
  }

  #lookOf(event: EventRow, tabbable: boolean): RowLook {
    return {
      now: this.now,
      tabbable,
      selected: event.id === this.selected,
      parent: event.id === this.#details.event?.dependsOn,
      queued: this.#outbox.queued.has(event.id),
      words: this.#words,
    };
  }

  #setFilter = (filter: ViewerFilter) => {
    this.filter = filter;
  };

  #follow(): void {
    this.selected = '';
    this.#table.follow();
  }

  #closeDetails(): void {
    this.selected = '';
    this.#table.release();
    const scroller = this.renderRoot.querySelector('main');
    void this.updateComplete.then(() => {
      const row = scroller?.querySelector<HTMLElement>('tr[tabindex="0"]');
      (row ?? scroller)?.focus({ preventScroll: true });
    });
  }

  #onHide = () => this.#actions.flush();

  #onScroll = (event: Event) => {
    this.#table.scrolled((event.currentTarget as HTMLElement).scrollTop);
  };

  #onFocus = (event: FocusEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('tr[data-id]');
    this.#table.focused(row);
    if (row && this.selected !== '') this.selected = row.dataset['id'] ?? '';
  };

  #onBlur = (event: FocusEvent) => {
    const next = event.relatedTarget as HTMLElement | null;
    if (!next?.closest('tbody')) this.#table.focused(null);
  };

  #onPointer = (event: MouseEvent) => this.#table.pointed(event.target as HTMLElement);

  #onClick = (event: MouseEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('tr[data-id]');
    if (!row || getSelection()?.isCollapsed === false) return; // the user selects text
    row.focus({ preventScroll: true });
    this.selected = row.dataset['id'] ?? '';
  };

  /** While nothing on the page has the focus, the viewer handles keys. */
  #onPageKey = (event: KeyboardEvent) => {
    if (event.target !== document.body) return;
    const command = commandOf(event);
    if (command === 'search' || command === 'help') this.#obey(command, event);
  };

  #onKey = (event: KeyboardEvent) => {
    const command = commandOf(event);
    if (command) this.#obey(command, event);
    const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey;
    const inTable = (event.target as HTMLElement).closest('main') !== null;
    if (isPlain && inTable && this.#table.move(event.key)) event.preventDefault();
  };

  #obey(command: NonNullable<ReturnType<typeof commandOf>>, event: KeyboardEvent): void {
    const active: EventRow | undefined = this.#table.rowOf(this.#table.active);
    const search = this.renderRoot.querySelector<HTMLElement>('input[type=search]');
    if (command === 'search') search?.focus();
    else if (command === 'help') this.dialog = 'help';
    else if (command === 'open') this.selected = this.#table.active;
    else if (command === 'delete') active && this.#asking.askOne('delete', active);
    else if (this.selected !== '') this.#closeDetails();
    else if (event.target === search) this.filter = { ...this.filter, search: '' };
    else return;
    event.preventDefault();
  }
}

/** Registers `<cuesheet-viewer>`; calling it again does nothing. */
export function defineViewer(): void {
  if (!customElements.get('cuesheet-viewer')) {
    customElements.define('cuesheet-viewer', CuesheetViewer);
  }
}
