import { html, nothing, type TemplateResult } from 'lit';
import type {
  EventDetail,
  EventRow,
  Events,
  EventsStatus,
  EventTree,
  Progress,
} from '../client/index.ts';
import { eventStore, progressStore } from '../client/stores.ts';
import { type ActionKind, actionsFor } from './actions.ts';
import { copyText } from './clipboard.ts';
import { renderDependencies } from './dependencies.ts';
import { progressOf } from './format.ts';
import { CLOSE_SHAPE, statusShape } from './icons.ts';
import { JsonTree } from './json-tree.ts';
import { renderBar } from './row.ts';
import type { StringKey } from './strings.ts';
import type { Words } from './words.ts';

const FIELDS = [
  'id',
  'hash',
  'project',
  'user',
  'sender',
  'senderType',
  'dependsOn',
  'retries',
  'createdAt',
  'updatedAt',
] as const;

/** The tree is read again at most this often, in milliseconds. */
const TREE_MS = 1000;
/** How long "Copied" is shown, in milliseconds. */
const COPIED_MS = 2000;

export interface DetailsView {
  /** The details cover everything else. */
  sheet: boolean;
  words: Words;
  now: number;
  select(id: string): void;
  close(): void;
  act(kind: ActionKind, event: EventRow): void;
}

/** Everything about one event, kept up to date. */
export class Details {
  /** Undefined = not read yet, null = there is no such event. */
  event: EventDetail | null | undefined;
  progress: Progress | null = null;
  tree: EventTree | null = null;

  readonly #changed: () => void;
  readonly #json: JsonTree;
  #events: Events | null = null;
  #id = '';
  #copied = '';
  #sequence = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = () => {};

  constructor(changed: () => void) {
    this.#changed = changed;
    this.#json = new JsonTree(changed);
  }

  /** Shows an event and keeps it up to date; an empty id ends that. */
  open(events: Events | null, id: string): void {
    if (events === this.#events && id === this.#id) return;
    this.close();
    this.#events = events;
    this.#id = id;
    if (!events || id === '') return;
    const event = eventStore(events, id);
    const progress = progressStore(events, id);
    const stops = [
      event.subscribe(() => {
        this.event = event.getSnapshot();
        this.#changed();
      }),
      progress.subscribe(() => {
        this.progress = progress.getSnapshot() ?? null;
        this.#changed();
      }),
    ];
    this.#stop = () => {
      for (const stop of stops) stop();
    };
    void this.#readTree(events, id);
  }

  /** The status has changed, so the ancestors and descendants may have changed too. */
  follow({ sequence }: EventsStatus): void {
    const id = this.#id;
    const events = this.#events;
    if (!events || id === '' || sequence === this.#sequence || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#readTree(events, id);
    }, TREE_MS);
  }

  close(): void {
    this.#stop();
    this.#stop = () => {};
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#events = null;
    this.#id = this.#copied = '';
    this.event = undefined;
    this.progress = this.tree = null;
    this.#json.reset();
  }

  async #readTree(events: Events, id: string): Promise<void> {
    this.#sequence = events.status.sequence;
    const tree = await events.tree(id).catch(() => null); // the status reports the error
    if (this.#id !== id || this.#events !== events) return;
    this.tree = tree;
    this.#changed();
    this.follow(events.status);
  }

  render(view: DetailsView): TemplateResult {
    const { words, close, sheet } = view;
    const { event } = this;
    return html`<section
      class="details"
      role=${sheet ? 'dialog' : 'complementary'}
      aria-modal=${sheet ? 'true' : nothing}
      aria-label=${words('details')}
    >
      <header>
        <h2 tabindex="-1">${event?.topic ?? words('details')}</h2>
        <button
          class="icon"
          data-close
          aria-label=${words('close')}
          title=${words('close')}
          @click=${close}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">${CLOSE_SHAPE}</svg>
        </button>
      </header>
      ${event ? this.#renderEvent(event, view) : nothing}
      ${event === null ? html`<p class="dim">${words('notFound')}</p>` : nothing}
      ${event === undefined ? html`<p class="dim">${words('loadingRow')}</p>` : nothing}
    </section>`;
  }

  #renderEvent(event: EventDetail, view: DetailsView): TemplateResult {
    const { words } = view;
    return html`
      <p class="state ${event.status}">
        <svg viewBox="0 0 16 16" aria-hidden="true">${statusShape(event.status)}</svg>
        <b>${words(`status.${event.status}`)}</b>
        <span>${event.description}</span>
      </p>
      ${this.#renderProgress(event, view)} ${renderActions(event, view)}
      <dl>
        ${FIELDS.filter((name) => event[name] !== null).map(
          (name) =>
            html`<dt>${words(name)}</dt>
              <dd data-field=${name}>${renderField(event, name, view)}</dd>`,
        )}
      </dl>
      ${this.tree ? renderDependencies(this.tree, words, view.select) : nothing}
      ${this.#renderJson('summary', event.summary, words)}
      ${this.#renderJson('payload', event.payload, words)}
      <button data-copy="event" @click=${() => this.#copy('event', event)}>
        ${words(this.#copied === 'event' ? 'copied' : 'copyJson')}
      </button>
    `;
  }

  #renderProgress(event: EventDetail, { words, now }: DetailsView) {
    const { progress } = this;
    const own = progressOf({
      ...event,
      ...(progress?.progress != null && { progress: progress.progress }),
    });
    const children = progress?.children;
    const jobs = children && children.total > 0 ? children : null;
    if (own === null && !jobs) return nothing;
    const end = progress?.estimatedEnd;
    const left = own !== null && end ? (Date.parse(end) - now) / 1000 : null;
    return html`<p class="progress">
      ${renderBar(words('progress'), own ?? progress?.combined ?? 0)}
      ${left === null ? nothing : html`<span class="left">${words('timeLeft', { time: words.duration(left) })}</span>`}
      ${jobs ? html`<span class="dim">${words('jobs', jobs)}</span>` : nothing}
    </p>`;
  }

  #renderJson(name: 'summary' | 'payload', value: object | undefined, words: Words) {
    if (value && Object.keys(value).length === 0) return nothing;
    return html`<section data-json=${name}>
      <h3>
        ${words(name)}
        ${
          value
            ? html`<button class="link" data-copy=${name} @click=${() => this.#copy(name, value)}>
                ${words(this.#copied === name ? 'copied' : 'copy')}
              </button>`
            : nothing
        }
      </h3>
      ${value ? this.#json.render(value, words) : html`<p class="dim">${words('noPayload')}</p>`}
    </section>`;
  }

  async #copy(name: string, value: unknown): Promise<void> {
    this.#copied = (await copyText(JSON.stringify(value, null, 2))) ? name : '';
    this.#changed();
    setTimeout(() => {
      this.#copied = '';
      this.#changed();
    }, COPIED_MS);
  }
}

function renderActions(event: EventDetail, { words, act }: DetailsView): TemplateResult {
  return html`<p class="actions">
    ${actionsFor(event.status).map(
      (kind) =>
        html`<button data-action=${kind} @click=${() => act(kind, event)}>
          ${words(kind as StringKey)}
        </button>`,
    )}
  </p>`;
}

function renderField(event: EventDetail, name: (typeof FIELDS)[number], view: DetailsView) {
  const value = event[name];
  if (name === 'createdAt' || name === 'updatedAt') {
    return html`<time datetime=${event[name]}>${view.words.time(event[name])}</time>`;
  }
  if (name !== 'dependsOn' || event.dependsOn === null) return value;
  const parent = event.dependsOn;
  return html`<button class="link" @click=${() => view.select(parent)}>${parent}</button>`;
}
