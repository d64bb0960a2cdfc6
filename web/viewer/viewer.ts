import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { EventPage, EventQuery, Events, EventsStatus } from '../client/index.ts';
import { connectionLook, type Mood, storageLook } from './format.ts';
import { LOGO_SHAPE, SEARCH_SHAPE } from './icons.ts';
import { renderRow } from './row.ts';
import { viewerStyles } from './styles.ts';

const PAGE_SIZE = 100;
/** Ages are redrawn this often, in milliseconds. */
const AGE_TICK_MS = 5000;
const COLUMNS = ['Status', 'Topic', 'Description', 'Project', 'User', 'Age'];
const SKELETON_ROWS = Array.from({ length: 12 });
const CACHED_NOTE = 'The server does not answer. These are the events kept in this browser.';

/**
 * A live table of events, newest first.
 * @property events - what `openEvents()` gave
 * @property note - a sentence shown above the table
 * @property failure - a sentence shown instead of the table: the events could not be opened
 */
export class CuesheetViewer extends LitElement {
  static override styles = viewerStyles;
  static override properties = {
    events: { attribute: false },
    note: { type: String },
    failure: { type: String },
    page: { state: true },
    status: { state: true },
    search: { state: true },
    logs: { state: true },
    size: { state: true },
    problem: { state: true },
    cached: { state: true },
    active: { state: true },
    now: { state: true },
  };

  declare events: Events | null;
  declare note: string;
  declare failure: string;
  declare page: EventPage | null;
  declare status: EventsStatus | null;
  declare search: string;
  declare logs: boolean;
  declare size: number;
  declare problem: string;
  /** The server is gone: what is shown may be old. */
  declare cached: boolean;
  /** Id of the row that has or had the focus. */
  declare active: string;
  declare now: number;

  #endLive = () => {};
  #endStatus = () => {};
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.events = null;
    this.note = '';
    this.failure = '';
    this.page = null;
    this.status = null;
    this.search = '';
    this.logs = true;
    this.size = PAGE_SIZE;
    this.problem = '';
    this.cached = false;
    this.active = '';
    this.now = Date.now();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => {
      this.now = Date.now();
    }, AGE_TICK_MS);
    if (this.hasUpdated) this.#subscribe();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#endLive();
    this.#endStatus();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('events')) this.page = null;
    if (['events', 'search', 'logs', 'size'].some((name) => changed.has(name))) this.#subscribe();
    const connection = this.status?.connection;
    if (connection === 'waiting' || connection === 'offline') this.cached = true;
    if (connection === 'live' || connection === 'unauthorized') this.cached = false;
  }

  #subscribe(): void {
    this.#endLive();
    this.#endStatus();
    const { events } = this;
    if (!events) return;
    const query: EventQuery = { last: this.size, includeLogs: this.logs, filter: this.search };
    this.#endLive = events.live(
      query,
      (page) => {
        this.now = Date.now();
        this.problem = '';
        this.page = page;
      },
      (error) => {
        this.problem = error.message;
      },
    );
    this.status = events.status;
    this.#endStatus = events.onStatus((status) => {
      this.status = status;
    });
  }

  protected override render() {
    return html`
      <header>
        <h1><svg viewBox="0 0 16 16" aria-hidden="true">${LOGO_SHAPE}</svg>Events</h1>
        <div class="search">
          <svg viewBox="0 0 16 16" aria-hidden="true">${SEARCH_SHAPE}</svg>
          <input
            type="search"
            aria-label="Search events by topic, project, user or description"
            placeholder="Search"
            .value=${this.search}
            @input=${this.#onSearch}
          />
        </div>
        <label class="switch">
          <input type="checkbox" role="switch" .checked=${this.logs} @change=${this.#onLogs} />
          Logs
        </label>
        <span class="spacer"></span>
        ${this.status ? this.#renderStates(this.status) : nothing}
      </header>
      <div class="notes" role="status">${this.#renderNote()}</div>
      <main aria-busy=${!this.page && !this.failure}>${this.#renderMain()}</main>
    `;
  }

  #renderStates(status: EventsStatus) {
    const connection = connectionLook(status);
    const storage = storageLook(status);
    const pill = (look: { label: string; mood: Mood }) =>
      html`<i class="dot" aria-hidden="true"></i>${look.label}`;
    return html`
      <span class="count" data-events><b>${status.events.toLocaleString()}</b> events</span>
      <span class="states" role="status">
        <span class="pill ${connection.mood}" data-connection=${status.connection}>
          ${pill(connection)}
        </span>
        <span
          class="pill ${storage.mood}"
          data-storage=${status.storage}
          title=${status.message ?? ''}
        >
          ${pill(storage)}
        </span>
      </span>
    `;
  }

  #renderNote() {
    const warning = this.problem || this.note || this.status?.message;
    if (warning) return html`<p class="note warning">${warning}</p>`;
    return this.cached ? html`<p class="note">${CACHED_NOTE}</p>` : nothing;
  }

  #renderMain() {
    const { page } = this;
    if (this.failure) {
      return html`<div class="empty" role="alert">
        <b>The events cannot be opened</b>
        <span>${this.failure}</span>
        <button @click=${() => location.reload()}>Try again</button>
      </div>`;
    }
    if (!page) {
      return html`<div class="skeleton" role="status" aria-label="Loading events">
        ${SKELETON_ROWS.map(() => html`<i></i>`)}
      </div>`;
    }
    return html`
      ${page.events.length === 0 ? this.#renderEmpty() : this.#renderTable(page)}
      ${
        page.pageInfo.hasPreviousPage
          ? html`<p class="more"><button @click=${this.#onMore}>Load older events</button></p>`
          : nothing
      }
    `;
  }

  #renderEmpty() {
    if (this.search === '') {
      return html`<div class="empty">
        <b>No events yet</b><span>They appear here as they happen.</span>
      </div>`;
    }
    const clear = () => {
      this.search = '';
    };
    return html`<div class="empty">
      <b>Nothing matches “${this.search}”</b>
      <span
        >Words of three letters or more are looked for in topic, project, user and
        description.</span
      >
      <button @click=${clear}>Clear the search</button>
    </div>`;
  }

  #renderTable(page: EventPage) {
    const known = page.events.some((event) => event.id === this.active);
    const tabbable = known ? this.active : page.events[0]?.id;
    return html`
      <table role="table" aria-label="Events, newest first">
        <thead role="rowgroup">
          <tr role="row">
            ${COLUMNS.map(
              (name) =>
                html`<th role="columnheader" scope="col" class=${name.toLowerCase()}>${name}</th>`,
            )}
          </tr>
        </thead>
        <tbody role="rowgroup" @focusin=${this.#onFocus} @keydown=${this.#onKey}>
          ${repeat(
            page.events,
            (event) => event.id,
            (event) => renderRow(event, this.now, event.id === tabbable),
          )}
        </tbody>
      </table>
    `;
  }

  #onFocus = (event: FocusEvent) => {
    const row = (event.target as HTMLElement).closest('tr');
    this.active = row?.dataset['id'] ?? '';
  };

  #onKey = (event: KeyboardEvent) => {
    const row = (event.target as HTMLElement).closest('tr');
    const to = {
      ArrowDown: row?.nextElementSibling,
      ArrowUp: row?.previousElementSibling,
      Home: row?.parentElement?.firstElementChild,
      End: row?.parentElement?.lastElementChild,
    }[event.key];
    if (!(to instanceof HTMLElement)) return;
    event.preventDefault();
    to.focus();
  };

  #onSearch = (event: InputEvent) => {
    this.search = (event.target as HTMLInputElement).value;
    this.size = PAGE_SIZE;
  };

  #onLogs = (event: Event) => {
    this.logs = (event.target as HTMLInputElement).checked;
  };

  #onMore = () => {
    this.size += PAGE_SIZE;
  };
}

/** Registers `<cuesheet-viewer>`; calling it again does nothing. */
export function defineViewer(): void {
  if (!customElements.get('cuesheet-viewer')) {
    customElements.define('cuesheet-viewer', CuesheetViewer);
  }
}
