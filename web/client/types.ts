import type { Durability } from '../../wasm/host-files.ts';
import type { Status } from '../../worker/browser/protocol.ts';
import type {
  EnrolledJob,
  EnrollRequest,
  EventChanges,
  EventDetail,
  EventRow,
  EventStatus,
  NewEvent,
  TopicOf,
} from './event-types.ts';
import type { QueryFilter } from './filter-types.ts';
import type {
  ImportReport,
  ImportSource,
  LongWorkOptions,
  TransferProgress,
  VerifyProgress,
  VerifyReport,
} from './transfer-types.ts';

export type * from './event-types.ts';
export type * from './filter-types.ts';
export type * from './transfer-types.ts';
export type { Durability } from '../../wasm/host-files.ts';
export type {
  ConnectionState,
  CoreErrorCode,
  EventsErrorCode,
  StorageProblemKind,
} from '../../worker/browser/protocol.ts';

/** AYON's GraphQL arguments (protocol.md 6.3). Without `first` and `last`: the newest 100. */
export interface EventQuery<T extends string = string> {
  ids?: string[];
  /** Topics; `*` matches any run of characters. Without this, `log.*` is left out. */
  topics?: T[];
  projects?: string[];
  users?: string[];
  statuses?: EventStatus[];
  hasChildren?: boolean;
  /** ISO 8601, strictly before. */
  olderThan?: string;
  newerThan?: string;
  /** Words that must all occur in topic, project, user or description. */
  filter?: string;
  includeLogs?: boolean;
  /** Any conditions, also into summary and payload; not an argument of AYON's. */
  where?: QueryFilter;
  /** The oldest N, oldest first. */
  first?: number;
  after?: string;
  /** The newest N, newest first. */
  last?: number;
  before?: string;
  /**
   * How many matches to skip first; not an argument of AYON's. A live query finds its place once: later
   * events in front of it do not move its page.
   */
  offset?: number;
}

/** What to count: the events of a query. Its page size is ignored. */
export interface CountQuery extends Omit<
  EventQuery,
  'first' | 'last' | 'after' | 'before' | 'offset'
> {
  /** Also counts by the values of these columns. */
  by?: Facet[];
  /** Also counts over creation time. */
  histogram?: HistogramOptions;
}

/** A column whose values are counted. */
export type Facet = 'topic' | 'status' | 'project' | 'user' | 'sender';

/** From `from` up to, not including, `to`, ISO 8601; without them from the first match to the last one. */
export interface HistogramOptions {
  /** At most 1,000; default 60. */
  buckets?: number;
  from?: string;
  to?: string;
}

/** How often each value of a column occurs. */
export interface FacetCounts {
  /** How many different values there are. */
  readonly distinct: number;
  /** The most frequent ones first, at most 1,000; null = events without a value. */
  readonly values: readonly { readonly value: string | null; readonly count: number }[];
}

/** How many events were created in each of as many equal spans of time; `from` and `to` are null where none matches. */
export interface HistogramCounts {
  readonly from: string | null;
  readonly to: string | null;
  readonly counts: readonly number[];
}

/** How many events match a `CountQuery`, with the parts that it asked for. */
export interface Counts {
  readonly total: number;
  readonly by?: Readonly<Partial<Record<Facet, FacetCounts>>>;
  readonly histogram?: HistogramCounts;
}

/** The progress of a job; null where there is no value. */
export interface Progress {
  readonly id: string;
  /** 0-100, as last reported. */
  readonly progress: number | null;
  readonly updatedAt: string | null;
  /** The recent pace, in percent a second. */
  readonly perSecond: number | null;
  /** ISO 8601. */
  readonly estimatedEnd: string | null;
  /** 0-100, for the event's whole tree of jobs. */
  readonly combined: number | null;
  readonly children: Readonly<Record<'total' | 'open' | 'finished' | 'failed' | 'aborted', number>>;
}

/** An event with its ancestors and descendants. */
export interface EventTree {
  readonly event: EventRow;
  /** The ancestors that the browser has, the parent last. */
  readonly ancestors: readonly EventRow[];
  /** Each event comes before its own children; `dependsOn` names its parent. */
  readonly descendants: readonly EventRow[];
  /** False: there are more than 1,000 ancestors or 10,000 descendants. */
  readonly complete: boolean;
}

/** Whether there are events before and after a page, and the cursors to continue from. */
export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** Some of the events that match a query, in its order. */
export interface EventPage<T extends string = string> {
  readonly events: readonly EventRow<T>[];
  readonly pageInfo: PageInfo;
}

/** A step from the previous page to this one (docs/border.md, patches). */
export type PagePatch =
  | { readonly op: 'insert'; readonly at: number; readonly event: EventRow }
  | { readonly op: 'update'; readonly at: number; readonly event: EventRow }
  | { readonly op: 'remove'; readonly at: number }
  /** Removed at `from`, then inserted so that it ends at `at`. */
  | { readonly op: 'move'; readonly from: number; readonly at: number };

/** State of connection and storage, for indicators. */
export interface EventsStatus extends Readonly<Status> {
  /**
   * A sentence that says what to reload, and why, when pages of two versions of the package are open and do not
   * understand all of each other; null = nothing.
   */
  readonly reload: string | null;
  /** The browser's answer to `persist()`; null = this page did not ask. */
  readonly persisted: boolean | null;
  /** Why the events have ended: `close()`, or `forget()` in this or another tab. */
  readonly ended: 'closed' | 'forgotten' | null;
}

/** Which events a database keeps. An absent member sets no limit. */
export interface Scope {
  /** Topics; `*` matches any run of characters. */
  topics?: string[];
  /** Events without a project are in none. */
  projects?: string[];
  /** Seconds since the last update. */
  maxAge?: number;
  maxEvents?: number;
  /** Bytes of description, summary and payload, and 128 for each event. */
  maxBytes?: number;
}

/**
 * What a write survives: `relaxed` a crash of the browser, `strict` also a crash of the machine. Writes
 * that are saved together get the strictest of their durabilities.
 */
export interface WriteOptions extends ReadOptions {
  durability?: Durability;
}

/**
 * Ends the waiting: the promise rejects with `aborted`. This does not undo a write.
 */
export interface ReadOptions {
  signal?: AbortSignal;
}

/** Which events to open, and how. */
export interface OpenOptions {
  /** Base URL of an AYON server or a hub. Without it the events live in this browser only. */
  server?: string;
  /** A session token or an API key of the server. Never written to disk by this package. */
  token?: string;
  /**
   * The user of the database: a database belongs to a server, a user and a name. Without a server, this is
   * also the user of the writes.
   */
  user?: string;
  /** Distinguishes databases of one server and user. Default `default`. */
  name?: string;
  /**
   * What the database keeps; everything when absent. It is applied at opening and, after changes, once
   * a minute. An event with a child that stays is kept too. The tab that opened first decides.
   */
  scope?: Scope;
  /**
   * Bytes of memory that the events may use in the worker, from 32 MiB to 4 GiB. Before it is full, what is new
   * is refused: a write rejects with `quota`, and the status says so while nothing new comes from the server.
   * Default: half of the device's memory where the browser says it, at most 2 GiB. The tab that opened first decides.
   */
  memory?: number;
  /** For writes without their own durability. Default `relaxed`. */
  durability?: Durability;
  /** Where `worker.js` of this package is served. */
  workerUrl?: string | URL;
  /** Where `cuesheet.wasm` of this package is served. */
  wasmUrl?: string | URL;
  /** Returns a fresh token when the server refuses the present one; null = stay offline. */
  onAuth?: () => Promise<string | null>;
}

/** A write that waits for the server, or that the server refused. */
export interface LocalWrite {
  readonly number: number;
  readonly kind: 'dispatch' | 'update' | 'remove';
  /** `refused`: undone here, and kept until it is retried or discarded. */
  /**
   * `blocked`: something in front of the server answers in its place, while it answers other writes. It is tried
   * again slowly; `detail` says what came. Writes that depend on it wait, others do not.
   */
  readonly state: 'queued' | 'blocked' | 'refused';
  /** The event's present id. */
  readonly id: string;
  /** The body of the request; null for a removal. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** ISO 8601, by the clock of this device. */
  readonly madeAt: string;
  /** It was sent at least once. */
  readonly sent: boolean;
  /**
   * HTTP status and text of the refusal; 0 and empty before. 507 while the write is queued: the server has no
   * room for it, and is asked again slowly.
   */
  readonly status: number;
  readonly detail: string;
}

/**
 * Local writes, in the order in which they are sent: one after the other, repeated until the server
 * has answered. The status has their number (`queuedWrites`, `blockedWrites`, `refusedWrites`).
 *
 * @example
 * for (const write of await events.outbox.list()) {
 *   if (write.state === 'refused') await events.outbox.discard(write.number);
 * }
 */
export interface Outbox {
  /** Oldest first. */
  list(): Promise<LocalWrite[]>;
  /**
   * Applies a refused write again and queues it; sends one that is blocked or held (507) now. Rejects with `not_found`.
   */
  retry(number: number): Promise<void>;
  /**
   * Forgets a refused write, or undoes one that was never sent, is blocked or is held. Rejects with `not_found`, and with
   * `state` when the server may have it already.
   */
  discard(number: number): Promise<void>;
}

/** The events of one database. Every promise rejects with a `CuesheetError`. */
export interface Events {
  /**
   * Dispatches an event. It shows at once; the promise settles when IndexedDB has it and, while the
   * connection is live, when the server has confirmed it too, but after 10 s at the latest (when the server
   * refuses it within that time, the promise rejects with the reason, and the event is undone). Without a
   * connection it waits in the outbox, and the server may give it another id. `store: false`, `reuse` and `server.*` do not wait: they reject with `offline`.
   */
  dispatch<T extends string>(event: NewEvent<T>, options?: WriteOptions): Promise<{ id: string }>;
  /**
   * Changes an event; settles as `dispatch` does. Changes that others made meanwhile are merged by field.
   * Rejects with `not_found` when there is no such event.
   */
  update<T extends string = string>(
    id: string,
    changes: EventChanges<T>,
    options?: WriteOptions,
  ): Promise<void>;
  /** Removes an event; settles as `dispatch` does. False when there was no such event. */
  remove(id: string, options?: WriteOptions): Promise<boolean>;
  /** One event, or null. Fetches the payload from the server when the browser does not have it. */
  get(id: string, options?: ReadOptions): Promise<EventDetail | null>;
  /** The events that match, at most a page of them. Without a query the newest 100. */
  query<T extends string = string>(
    query?: EventQuery<T>,
    options?: ReadOptions,
  ): Promise<EventPage<TopicOf<T>>>;
  /**
   * Every match, a page at a time: `first` or `last` says the direction and how many are read at once
   * (default: the newest first, 1,000).
   *
   * @example
   * for await (const event of events.iterate({ topics: ['publish.*'] })) add(event.summary);
   */
  iterate<T extends string = string>(
    query?: EventQuery<T>,
    options?: ReadOptions,
  ): AsyncIterable<EventRow<TopicOf<T>>>;
  /**
   * How many events match, by the values of columns and over time if asked for.
   *
   * @example
   * const { total, by } = await events.count({ by: ['status'], topics: ['render.*'] });
   */
  count(query?: CountQuery, options?: ReadOptions): Promise<Counts>;
  /** The counts over time alone. */
  histogram(
    query?: Omit<CountQuery, 'by' | 'histogram'> & HistogramOptions,
    options?: ReadOptions,
  ): Promise<HistogramCounts>;
  /**
   * Calls the listener with the progress of an event and its tree of jobs (null = no such event), and
   * again whenever its row changes. Returns the function that ends it.
   */
  progress(id: string, listener: (progress: Progress | null) => void): () => void;
  /** An event with its ancestors and descendants; null when there is no such event. */
  tree(id: string, options?: ReadOptions): Promise<EventTree | null>;
  /**
   * Asks for a job: an event of the target topic, made for a source event that has no job yet
   * (protocol.md 8); null = there is no job. With a server, only the server hands out jobs: without a
   * connection this rejects with `offline`.
   *
   * @example
   * const job = await events.enroll({ sourceTopic: 'render.*', targetTopic: 'check', sender: 'node-7' });
   * if (job) await events.update(job.id, { status: 'in_progress' });
   */
  enroll(request: EnrollRequest, options?: WriteOptions): Promise<EnrolledJob | null>;
  /**
   * Calls the listener with the page and again whenever it changes, at most once per display frame. Rows
   * that did not change keep their identity. The patches are the steps from the previous page;
   * null = a whole new page. Returns the function that ends it.
   */
  live<T extends string = string>(
    query: EventQuery<T>,
    listener: (page: EventPage<TopicOf<T>>, patches: readonly PagePatch[] | null) => void,
    onError?: (error: Error) => void,
  ): () => void;
  /**
   * The same as a loop: the page, then each later one. Of pages that arrive while the body of the loop
   * runs, only the newest follows.
   *
   * @example
   * for await (const page of events.watch({ statuses: ['failed'] }, { signal })) render(page.events);
   */
  watch<T extends string = string>(
    query: EventQuery<T>,
    options?: ReadOptions,
  ): AsyncIterable<EventPage<TopicOf<T>>>;
  /** The last state; see onStatus. */
  readonly status: EventsStatus;
  /** Calls the listener at every change of state. Returns the function that ends it. */
  onStatus(listener: (status: EventsStatus) => void): () => void;
  /** Writes that the server has not confirmed yet. Only with a server. */
  readonly outbox: Outbox;
  /** Gives the connection another token. */
  setToken(token: string | null): Promise<void>;
  /**
   * All events, `log.*` too, as NDJSON: an event a line, oldest first, in whole lines of about 4 MiB.
   * A part is read on demand, so it includes events that were dispatched meanwhile. Payloads that
   * only the server has are left out. The stream fails with a `CuesheetError`, `aborted` after the
   * signal.
   *
   * @example
   * // To a file that the user chooses; elsewhere: await new Response(events.export()).blob()
   * const file = await showSaveFilePicker({ suggestedName: 'events.ndjson' });
   * await events.export({ onProgress }).pipeTo(await file.createWritable());
   */
  export(options?: LongWorkOptions<TransferProgress>): ReadableStream<Uint8Array>;
  /**
   * Reads an export back, or any NDJSON of events in the form of GET /api/events/{id}. Settles when
   * all of it is durable. Refused lines are reported and the others are stored; importing the same
   * lines again changes nothing. Rejects with `aborted` after the signal (what was read until then
   * stays), with `state` when these events follow a server.
   *
   * @example
   * const { events, refusals } = await db.import(fileInput.files[0], { signal, onProgress });
   */
  import(source: ImportSource, options?: LongWorkOptions<TransferProgress>): Promise<ImportReport>;
  /** Reads every file of the database and checks every record in it; changes nothing. */
  verify(options?: LongWorkOptions<VerifyProgress>): Promise<VerifyReport>;
  /**
   * Settles when everything written so far is durable. Rejects with `quota` when there is no space for
   * it; settles at once in a browser without storage, as `status.storage` says. A page that is hidden
   * or left flushes by itself.
   */
  flush(options?: WriteOptions): Promise<void>;
  /**
   * Asks the browser to keep this origin's data when space is short, once a page; some ask the user.
   * False = the browser may evict it. The status has the answer too.
   */
  persist(): Promise<boolean>;
  /**
   * Removes this database from the browser, even when other tabs use it: their events and these end with
   * the code `forgotten`, and nothing more is written. See also `forgetUser`.
   * @throws CuesheetError `storage` when IndexedDB does not delete it in time.
   */
  forget(): Promise<void>;
  /** Saves waiting changes and ends the worker. */
  close(): Promise<void>;
}
