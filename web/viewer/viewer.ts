import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { EventPage, EventQuery, EventRow, Events, EventsStatus } from '../client/index.ts';
import { ageOf, connectionLabel, progressOf, STATUS_LOOK } from './format.ts';
import { viewerStyles } from './styles.ts';

const PAGE_SIZE = 100;
/** Ages are redrawn this often, in milliseconds. */
const AGE_TICK_MS = 5000;

/**
 * A live table of events, newest first.
 * @property events - what `openEvents()` gave
 * @property note - a sentence shown above the table
 */
export class CuesheetViewer extends LitElement {
  static override styles = viewerStyles;
  static override properties = {
    events: { attribute: false },
    note: { type: String },
    page: { state: true },
    status: { state: true },
    search: { state: true },
    logs: { state: true },
    size: { state: true },
    problem: { state: true },
    now: { state: true },
  };

  declare events: Events | null;
  declare note: string;
  declare page: EventPage | null;
  declare status: EventsStatus | null;
  declare search: string;
  declare logs: boolean;
  declare size: number;
  declare problem: string;
  declare now: number;

  #endLive = () => {};
  #endStatus = () => {};
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.events = null;
    this.note = '';
    this.page = null;
    this.status = null;
    this.search = '';
    this.logs = true;
    this.size = PAGE_SIZE;
    this.problem = '';
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
    if (['events', 'search', 'logs', 'size'].some((name) => changed.has(name))) this.#subscribe();
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
    const note = this.problem || this.note || this.status?.message;
    return html`
      <header>
        <h1>Events</h1>
        <input
          type="search"
          aria-label="Search events"
          placeholder="Search topic, project, user, description"
          .value=${this.search}
          @input=${this.#onSearch}
        />
        <label><input type="checkbox" .checked=${this.logs} @change=${this.#onLogs} /> Logs</label>
        <span class="spacer"></span>
        ${this.status ? this.#renderStates(this.status) : nothing}
      </header>
      ${note ? html`<div class="note" role="status">${note}</div>` : nothing}
      <main>${this.#renderTable()}</main>
    `;
  }

  #renderStates(status: EventsStatus) {
    const online = status.connection === 'live' || status.connection === 'local';
    const durable = status.storage === 'durable';
    return html`
      <span class="state" data-events>${status.events.toLocaleString()} events</span>
      <span class="state ${online ? 'good' : 'bad'}" data-connection=${status.connection}>
        ${connectionLabel(status)}
      </span>
      <span class="state ${durable ? 'good' : 'bad'}" data-storage=${status.storage}>
        ${durable ? (status.saving ? 'Saving …' : 'Durable') : 'Memory only'}
      </span>
    `;
  }

  #renderTable() {
    const { page } = this;
    if (!page) return html`<p class="empty">Loading …</p>`;
    return html`
      <table>
        <thead>
          <tr>
            <th class="status" scope="col">Status</th>
            <th class="topic" scope="col">Topic</th>
            <th class="description" scope="col">Description</th>
            <th class="project" scope="col">Project</th>
            <th class="user" scope="col">User</th>
            <th class="age" scope="col">Age</th>
          </tr>
        </thead>
        <tbody>
          ${repeat(
            page.events,
            (event) => event.id,
            (event) => this.#renderRow(event),
          )}
        </tbody>
      </table>
      ${page.events.length === 0 ? html`<p class="empty">No events${this.search ? ' match' : ' yet'}.</p>` : nothing}
      ${
        page.pageInfo.hasPreviousPage
          ? html`<p class="more"><button @click=${this.#onMore}>Load older events</button></p>`
          : nothing
      }
    `;
  }

  #renderRow(event: EventRow) {
    const look = STATUS_LOOK[event.status];
    const progress = progressOf(event);
    return html`
      <tr tabindex="0" data-id=${event.id} class=${event.status}>
        <td class="status" title=${look.label}>
          <span class="icon" aria-hidden="true">${look.icon}</span>
          ${
            progress === null
              ? html`<span class="label">${look.label}</span>`
              : html`<span
                    class="bar"
                    role="progressbar"
                    aria-label=${look.label}
                    aria-valuenow=${Math.round(progress)}
                    aria-valuemin="0"
                    aria-valuemax="100"
                    ><span style="width:${progress}%"></span></span
                  >${Math.round(progress)}%`
          }
        </td>
        <td class="topic" title=${event.topic}>${event.topic}</td>
        <td class="description" title=${event.description}>${event.description}</td>
        <td class="project">${event.project ?? ''}</td>
        <td class="user">${event.user ?? ''}</td>
        <td class="age" title=${event.createdAt}>${ageOf(event.createdAt, this.now)}</td>
      </tr>
    `;
  }

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
