import type { QueryFilter } from './filter-types.ts';

/** The six statuses of AYON (protocol.md 1.3). */
export type EventStatus =
  'pending' | 'in_progress' | 'finished' | 'failed' | 'aborted' | 'restarted';

/**
 * The types of summary and payload by topic. It is empty; a program adds its own topics, and `dispatch`,
 * `query`, `live` and `isTopic` use them. These are types only: nothing is checked at run time (a hub has
 * declarations for that, docs/topics.md).
 *
 * @example
 * declare module 'cuesheet' {
 *   interface TopicMap {
 *     'render.frame': { summary: { frame: number }; payload: { file: string } };
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: programs extend it
export interface TopicMap {}

/** The topics of the TopicMap. */
export type KnownTopic = keyof TopicMap & string;

type Anything = Record<string, unknown>;
type PartOf<T, Part extends 'summary' | 'payload'> = T extends KnownTopic
  ? TopicMap[T] extends Record<Part, infer Value>
    ? Value
    : Anything
  : Anything;

/** The type of a topic's summary in the TopicMap. */
export type SummaryOf<T extends string> = PartOf<T, 'summary'>;
/** The type of a topic's payload in the TopicMap. */
export type PayloadOf<T extends string> = PartOf<T, 'payload'>;
/** The types of events for a requested topic; a pattern may match any topic. */
export type TopicOf<T extends string> = T extends `${string}*${string}` ? string : T;

/** An event on a page of a query. Times are ISO 8601 with microseconds and offset. */
export interface EventRow<T extends string = string> {
  readonly id: string;
  readonly hash: string;
  readonly topic: T;
  readonly sender: string | null;
  readonly senderType: string | null;
  readonly project: string | null;
  readonly user: string | null;
  readonly dependsOn: string | null;
  readonly status: EventStatus;
  readonly retries: number;
  readonly description: string;
  readonly summary: Readonly<Record<string, unknown> & SummaryOf<T>>;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Where a page before or after this event begins. */
  readonly cursor?: string;
  /** 0-100, while the event's job runs. */
  readonly progress?: number;
}

/** A single event, with its payload when the browser has it or could fetch it. */
export interface EventDetail<T extends string = string> extends EventRow<T> {
  readonly payload?: Readonly<Record<string, unknown> & PayloadOf<T>>;
}

/** What to dispatch: the body of AYON's POST /api/events (protocol.md 3.1). */
export interface NewEvent<T extends string = string> {
  topic: T;
  sender?: string | null;
  hash?: string | null;
  project?: string | null;
  dependsOn?: string | null;
  description?: string | null;
  summary?: SummaryOf<T>;
  payload?: PayloadOf<T>;
  /** false: the event is `pending`. Default true: `finished`. */
  finished?: boolean;
  /** false: send a message to everybody, store nothing. */
  store?: boolean;
  /** Replace the event that has this hash. */
  reuse?: boolean;
}

/** What to change: the body of AYON's PATCH /api/events/{id} (protocol.md 4). */
export interface EventChanges<T extends string = string> {
  sender?: string;
  project?: string;
  user?: string;
  status?: EventStatus;
  description?: string;
  summary?: SummaryOf<T>;
  payload?: PayloadOf<T>;
  /** 0-100; sent to everybody, not stored. */
  progress?: number;
  retries?: number;
}

/**
 * Whether an event has this topic; if so, its summary and payload have the types of the TopicMap.
 *
 * @example
 * if (isTopic(event, 'render.frame')) show(event.summary.frame);
 */
export function isTopic<T extends string>(event: EventDetail, topic: T): event is EventDetail<T>;
export function isTopic<T extends string>(event: EventRow, topic: T): event is EventRow<T>;
export function isTopic(event: EventRow, topic: string): boolean {
  return event.topic === topic;
}

/** A job to ask for: the body of AYON's POST /api/enroll (protocol.md 8.1). */
export interface EnrollRequest {
  /** The topics of the source events: a pattern, or a list of topics. */
  sourceTopic: string | string[];
  /** The topic of the jobs. */
  targetTopic: string;
  /** The name of the worker. A worker that asks again gets its own open job back. */
  sender: string;
  senderType?: string;
  /** The description of new jobs. */
  description?: string;
  /** One job after the other, in the order of their sources. */
  sequential?: boolean;
  /** A condition on the sources. */
  filter?: QueryFilter;
  /** A job with more retries is not handed out again. Default 3. */
  maxRetries?: number;
  ignoreSenderTypes?: string[];
  /** In days; sources without an update for longer are ignored. 0 = no limit, default 3. */
  ignoreOlderThan?: number;
  /**
   * An open job without an update for this long is offered again, or fails when no retry is left. Whoever has lost it
   * gets `conflict` for an update with its `sender` (not on AYON's own server; docs/jobs.md).
   */
  leaseSeconds?: number;
  /** How long a failed job waits, twice as long with every retry (not on AYON's own server). */
  retryBackoffSeconds?: number;
  /** How many open jobs this sender may hold (not by AYON's own server). */
  concurrency?: number;
}

/** A job for a worker, which sets it to `in_progress`, then to `finished` or `failed`. */
export interface EnrolledJob {
  readonly id: string;
  /** The source event. */
  readonly dependsOn: string | null;
  readonly hash: string;
  readonly status: EventStatus;
}
