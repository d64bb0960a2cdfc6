import type { CountQuery, EventPage, EventRow, Events } from '../client/index.ts';

/** A window whose rows have not arrived after this long, in milliseconds, no longer delays the next one. */
const WINDOW_PATIENCE_MS = 5000;

/** Rows `first` up to `first + count`, counted from the newest match. */
export interface WindowRequest {
  query: CountQuery;
  first: number;
  count: number;
  /**
   * Matches at the time of the request; -1 = not counted yet. A window does not move when events in front of it go, so it
   * is requested again when the number changes.
   */
  counted: number;
}

interface Subscription {
  request: WindowRequest;
  end(): void;
}

/**
 * The live rows of one window of a query. At most one request is under way, and the newest of those made
 * meanwhile is next. The last window stays until the next one has arrived.
 */
export class EventWindow {
  rows: readonly EventRow[] = [];
  /** Index of the first of the rows. */
  first = 0;
  /** No match is older than the last of the rows. */
  atEnd = false;
  /** The query of the rows; null before the first rows. */
  query: CountQuery | null = null;
  problem = '';

  readonly #changed: () => void;
  #events: Events | null = null;
  #current: Subscription | null = null;
  #coming: Subscription | null = null;
  #next: WindowRequest | null = null;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Begins again with these events, or ends with null. */
  open(events: Events | null): void {
    if (events === this.#events) return;
    this.close();
    this.#events = events;
  }

  close(): void {
    clearTimeout(this.#patience);
    this.#coming?.end();
    this.#current?.end();
    this.#coming = this.#current = this.#next = this.#events = this.query = null;
    this.rows = [];
    this.first = 0;
    this.atEnd = false;
    this.problem = '';
  }

  want(request: WindowRequest): void {
    const asked = this.#coming ?? this.#current;
    this.#next = null;
    if (asked && isSame(asked.request, request)) return;
    if (this.#coming) this.#next = request;
    else this.#ask(request);
  }

  #ask(request: WindowRequest): void {
    if (!this.#events) return;
    const { query, first, count } = request;
    const subscription: Subscription = { request, end: () => {} };
    this.#coming = subscription;
    this.#patience = setTimeout(() => this.#settle(subscription), WINDOW_PATIENCE_MS);
    subscription.end = this.#events.live(
      { ...query, last: count, ...(first > 0 && { offset: first }) },
      (page) => this.#arrive(subscription, page),
      (error) => {
        this.problem = error.message;
        this.#settle(subscription);
        this.#changed();
      },
    );
  }

  #arrive(subscription: Subscription, page: EventPage): void {
    this.#settle(subscription);
    if (subscription !== this.#current) return;
    this.problem = '';
    this.rows = page.events;
    this.first = subscription.request.first;
    this.query = subscription.request.query;
    this.atEnd = !page.pageInfo.hasPreviousPage;
    this.#changed();
  }

  /** The request has ended, with or without success: it is the window now, and the next may follow. */
  #settle(subscription: Subscription): void {
    if (subscription !== this.#coming) return;
    clearTimeout(this.#patience);
    this.#current?.end();
    this.#current = subscription;
    this.#coming = null;
    const next = this.#next;
    this.#next = null;
    if (next && !isSame(next, subscription.request)) this.#ask(next);
  }
}

/** Queries are compared by identity: the viewer makes one for each filter. */
const isSame = (a: WindowRequest, b: WindowRequest): boolean =>
  a.query === b.query &&
  a.first === b.first &&
  a.count === b.count &&
  (a.first === 0 || a.counted === b.counted);
