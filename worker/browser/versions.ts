/**
 * What pages and workers of different versions of the package may send to each other (docs/versions.md).
 * The newer side adapts: it knows what an older one sends and understands, and the older one is asked for
 * nothing that it does not know.
 */
import type { ErrorMessage, Kind } from './protocol.ts';

/**
 * The version of all messages between pages, workers and owners. Counted up with every change of them, also
 * of a new one.
 */
export const PROTOCOL_VERSION = 8;

/** Pages and workers before 8 do not say their version: silence is this. */
export const SILENT_VERSION = 0;

/**
 * The oldest version whose messages are all still understood as they were meant. Counted up when a message
 * is changed or goes away; a page that is older reads what it has, and its status says `reload`.
 */
export const OLDEST_WHOLE_VERSION = 0;

/** The version in which each request was new or got its present meaning. */
const SINCE: Readonly<Record<Kind, number>> = {
  open: 0,
  dispatch: 0,
  update: 0,
  remove: 0,
  get: 0,
  query: 0,
  count: 0,
  progress: 0,
  tree: 0,
  enroll: 0,
  live: 0,
  unlive: 0,
  token: 0,
  outbox: 0,
  retry: 0,
  discard: 0,
  export: 0,
  import: 0,
  verify: 0,
  flush: 0,
  close: 0,
};

/** From this version on an owner hands a database over when a newer worker asks; earlier ones are flushed. */
export const HANDS_OVER_SINCE = 8;

/** From this version on pages read the rows of a live query as `cells` (docs/border.md). */
const CELLS_SINCE = 8;

/** The version that a message says; `SILENT_VERSION` when it says none, or no number. */
export function versionOf(data: unknown): number {
  const { version } = (data ?? {}) as { version?: unknown };
  return Number.isSafeInteger(version) && (version as number) > 0
    ? (version as number)
    : SILENT_VERSION;
}

/** Whether a side of this version means the same by a request as this one. */
export function knows(version: number, kind: Kind): boolean {
  return version >= SINCE[kind];
}

/** Whether an owner or a worker of this version can answer everything that this one asks. */
export function knowsAll(version: number): boolean {
  return Object.values(SINCE).every((since) => version >= since);
}

/** The form of rows in live queries of a page. */
export function rowFormOf(version: number): 'row' | 'cells' {
  return version >= CELLS_SINCE ? 'cells' : 'row';
}

/** What the status of a page says when its version is too old for some of its messages; else null. */
export function reloadOfPage(version: number): string | null {
  return version < OLDEST_WHOLE_VERSION ? OLDER_PAGE : null;
}

/** The same of a page behind an owner of an older version, which has not handed the database over: `why`. */
export function reloadOfOwner(version: number, why: string): string | null {
  return knowsAll(version) ? null : `${OLDER_OWNER} (${why})`;
}

/** The same of a page whose worker is older. */
export function reloadOfWorker(version: number): string | null {
  return knowsAll(version) ? null : OLDER_WORKER;
}

/** The refusal of a request that the receiver does not know, or not any more. */
export function refusalOfOlderPage(): ErrorMessage {
  return { code: 'state', message: OLDER_PAGE };
}

/** The refusal of a request that the owner does not know yet. */
export function refusalOfOlderOwner(): ErrorMessage {
  return { code: 'state', message: OLDER_OWNER };
}

/** The refusal of a request that the page's worker does not know yet. */
export function refusalOfOlderWorker(): ErrorMessage {
  return { code: 'state', message: OLDER_WORKER };
}

const OLDER_PAGE =
  'this page is older than the version that has its events now: it shows what it has, reload it to go on';
const OLDER_OWNER =
  'an older version of this site has these events in another tab: reload or close that tab';
const OLDER_WORKER =
  'the worker of this page is of an older version: reload the page, and serve page and worker of one version';
