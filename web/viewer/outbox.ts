import { html, nothing, type TemplateResult } from 'lit';
import type { Events, EventsStatus, LocalWrite } from '../client/index.ts';
import { closeDialog } from './dialogs.ts';
import type { Words } from './words.ts';

/** The outbox is read at most this often, in milliseconds. */
const READ_MS = 250;
/** Status of a queued write for which the server has no room. */
const NO_ROOM = 507;
/** Writes that are drawn. */
const MOST_WRITES = 200;

/** Local writes that the server has not confirmed (blocked ones too), or has refused. At most one read is under way. */
export class OutboxList {
  writes: readonly LocalWrite[] = [];
  /** Ids of events with a waiting write. */
  queued: ReadonlySet<string> = new Set();
  /** Why the last retry or discard failed. */
  problem = '';

  readonly #changed: () => void;
  #events: Events | null = null;
  #seen = '';
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  open(events: Events | null): void {
    if (events === this.#events) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#events = events;
    this.writes = [];
    this.queued = new Set();
    this.#seen = '';
    if (events) this.follow(events.status);
  }

  /** The status has changed. */
  follow(status: EventsStatus): void {
    const { queuedWrites, blockedWrites, refusedWrites, heldWrites, sequence } = status;
    const isEmpty = queuedWrites + blockedWrites + refusedWrites === 0;
    const counts = [queuedWrites, blockedWrites, refusedWrites, heldWrites, sequence];
    const seen = isEmpty ? '' : counts.join(' ');
    if (seen === this.#seen || this.#busy || this.#timer !== undefined) return;
    if (isEmpty) {
      this.#set([], seen);
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#read(seen);
    }, READ_MS);
  }

  async #read(seen: string): Promise<void> {
    const events = this.#events;
    if (!events) return;
    this.#busy = true;
    const writes = await events.outbox.list().catch(() => null); // the status reports the error
    this.#busy = false;
    if (this.#events !== events) return;
    this.#set(writes ?? this.writes, seen);
    this.follow(events.status);
  }

  #set(writes: readonly LocalWrite[], seen: string): void {
    this.#seen = seen;
    this.writes = writes;
    this.queued = new Set(writes.filter(({ state }) => state !== 'refused').map(({ id }) => id));
    this.#changed();
  }

  async change(what: 'retry' | 'discard', number: number): Promise<void> {
    this.problem = '';
    try {
      await this.#events?.outbox[what](number);
    } catch (error) {
      this.problem = (error as Error).message;
    }
    this.#seen = '-';
    if (this.#events) this.follow(this.#events.status);
    this.#changed();
  }

  /** The list as a dialog. */
  render(words: Words, close: () => void): TemplateResult {
    const left = this.writes.length - MOST_WRITES;
    return html`<dialog class="outbox" aria-labelledby="outbox" @close=${close}>
      <h2 id="outbox">${words('outbox')}</h2>
      <p class="dim">${words(this.writes.length > 0 ? 'outboxHint' : 'outboxEmpty')}</p>
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      <ul>
        ${this.writes.slice(0, MOST_WRITES).map((write) => this.#renderWrite(write, words))}
      </ul>
      ${left > 0 ? html`<p class="dim">${words('itemsLeft', { count: left })}</p>` : nothing}
      <p class="buttons"><button data-close @click=${closeDialog}>${words('close')}</button></p>
    </dialog>`;
  }

  #renderWrite(write: LocalWrite, words: Words): TemplateResult {
    const { number, kind, state, id, body, sent, status, detail } = write;
    const isHeld = state === 'queued' && status === NO_ROOM;
    const isOpen = state === 'queued' && !isHeld; // it may arrive at any moment
    const why = { status: String(status), detail };
    let shown = words(sent ? 'sent' : 'queued');
    if (state !== 'queued') shown = words(`${state}Write`, why);
    if (isHeld) shown = words('heldWrite', why);
    const what = body?.['topic'] ?? body?.['status'] ?? body?.['description'] ?? '';
    return html`<li class=${state} data-write=${number}>
      <span class="what">
        <b>${words(`kind.${kind}`)}</b> ${what} <span class="dim">${id}</span><br />
        ${shown}
      </span>
      ${
        !isOpen
          ? html`<button data-retry @click=${() => this.change('retry', number)}>
              ${words('retry')}
            </button>`
          : nothing
      }
      <button
        data-discard
        ?disabled=${isOpen && sent}
        @click=${() => this.change('discard', number)}
      >
        ${words('discard')}
      </button>
    </li>`;
  }
}

/** How many writes wait or were refused, as a button that opens the list; nothing when there are none. */
export function renderOutboxPill(status: EventsStatus, words: Words, open: () => void) {
  const { queuedWrites, blockedWrites, refusedWrites, heldWrites } = status;
  if (queuedWrites + blockedWrites + refusedWrites === 0) return nothing;
  const parts = [
    ...(queuedWrites > 0 ? [words('waiting', { count: queuedWrites })] : []),
    ...(heldWrites > 0 ? [words('noRoom', { count: heldWrites })] : []),
    ...(blockedWrites > 0 ? [words('blocked', { count: blockedWrites })] : []),
    ...(refusedWrites > 0 ? [words('refused', { count: refusedWrites })] : []),
  ];
  const mood = refusedWrites + blockedWrites > 0 ? 'bad' : 'busy';
  return html`<button class="pill ${mood}" data-outbox @click=${open}>
    <i class="dot" aria-hidden="true"></i>${parts.join(' · ')}
  </button>`;
}
