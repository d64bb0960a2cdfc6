import { html, nothing, type TemplateResult } from 'lit';
import type { EventsStatus } from '../client/index.ts';
import type { ViewerFilter } from './filter.ts';
import { connectionLook, type Look, storageLook } from './format.ts';
import { FILTER_SHAPE, LOGO_SHAPE, PAUSE_SHAPE, PLAY_SHAPE, SEARCH_SHAPE } from './icons.ts';
import { renderOutboxPill } from './outbox.ts';
import type { Words } from './words.ts';

export interface HeaderView {
  words: Words;
  filter: ViewerFilter;
  status: EventsStatus | null;
  /** How many events match the filter; null = all do. */
  matches: number | null;
  paused: boolean;
  /** Facets and histogram are shown. */
  panel: boolean;
  change(filter: ViewerFilter): void;
  togglePause(): void;
  togglePanel(): void;
  openOutbox(): void;
}

/** Search, switches and the state of connection and storage. */
export function renderHeader(view: HeaderView): TemplateResult {
  const { words, filter, status, change } = view;
  const onSearch = (event: InputEvent) =>
    change({ ...filter, search: (event.target as HTMLInputElement).value });
  const onLogs = (event: Event) =>
    change({ ...filter, logs: (event.target as HTMLInputElement).checked });
  return html`
    <header>
      <h1><svg viewBox="0 0 16 16" aria-hidden="true">${LOGO_SHAPE}</svg>${words('title')}</h1>
      <div class="search">
        <svg viewBox="0 0 16 16" aria-hidden="true">${SEARCH_SHAPE}</svg>
        <input
          type="search"
          aria-label=${words('searchLabel')}
          placeholder=${words('search')}
          .value=${filter.search}
          @input=${onSearch}
        />
      </div>
      <label class="switch">
        <input type="checkbox" role="switch" .checked=${filter.logs} @change=${onLogs} />
        ${words('logs')}
      </label>
      ${renderButtons(view)}
      <span class="spacer"></span>
      ${status ? renderStates(status, view) : nothing}
    </header>
  `;
}

function renderButtons({ words, paused, panel, togglePause, togglePanel }: HeaderView) {
  const pause = words(paused ? 'resume' : 'pause');
  return html`<button
      class="icon"
      data-panel
      aria-label=${words('filters')}
      title=${words('filters')}
      aria-expanded=${panel}
      @click=${togglePanel}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">${FILTER_SHAPE}</svg>
    </button>
    <button
      class="icon"
      data-pause
      aria-label=${pause}
      title=${pause}
      aria-pressed=${paused}
      @click=${togglePause}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">${paused ? PLAY_SHAPE : PAUSE_SHAPE}</svg>
    </button>`;
}

function renderStates(status: EventsStatus, view: HeaderView): TemplateResult {
  const { words } = view;
  const connection = connectionLook(status);
  const storage = storageLook(status);
  const pill = (look: Look) => html`<i class="dot" aria-hidden="true"></i>${words(look.label)}`;
  return html`
    ${
      view.matches === null
        ? nothing
        : html`<span class="count" data-matches>${words('matches', { count: view.matches })}</span>`
    }
    <span class="count" data-events><b>${words.number(status.events)}</b> ${words('events')}</span>
    ${renderOutboxPill(status, words, view.openOutbox)}
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
