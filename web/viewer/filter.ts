import type { CountQuery, EventStatus, QueryFilter } from '../client/index.ts';

/** The facets of the panel, in its order. */
export const FACETS = ['status', 'topic', 'project', 'user'] as const;
export type FacetName = (typeof FACETS)[number];

/** What the viewer shows. */
export interface ViewerFilter {
  /** Words that must all occur. */
  readonly search: string;
  /** Log events too. */
  readonly logs: boolean;
  /** Chosen values; an empty list = all. The empty text = events that have none. */
  readonly status: readonly string[];
  readonly topic: readonly string[];
  readonly project: readonly string[];
  readonly user: readonly string[];
  /** ISO 8601, exclusive; empty = open. */
  readonly from: string;
  readonly to: string;
}

export const EMPTY_FILTER: ViewerFilter = {
  search: '',
  logs: true,
  status: [],
  topic: [],
  project: [],
  user: [],
  from: '',
  to: '',
};

export const isEmptyFilter = (filter: ViewerFilter): boolean =>
  JSON.stringify(filter) === JSON.stringify(EMPTY_FILTER);

/** The filter as a query of the core. */
export function toQuery(filter: ViewerFilter): CountQuery {
  const { search, logs, status, topic, project, user, from, to } = filter;
  const none = [without('project', project), without('user', user)].filter((part) => part !== null);
  return {
    includeLogs: logs,
    ...(search !== '' && { filter: search }),
    ...(status.length > 0 && { statuses: status as EventStatus[] }),
    ...(topic.length > 0 && { topics: [...topic] }),
    ...(project.length > 0 && !project.includes('') && { projects: [...project] }),
    ...(user.length > 0 && !user.includes('') && { users: [...user] }),
    ...(none.length > 0 && { where: { conditions: none } }),
    ...(from !== '' && { newerThan: from }),
    ...(to !== '' && { olderThan: to }),
  };
}

/** "Has none, or one of these", which AYON's arguments cannot say. */
function without(key: FacetName, values: readonly string[]): QueryFilter | null {
  if (!values.includes('')) return null;
  const named = values.filter((value) => value !== '');
  return {
    operator: 'or',
    conditions: [
      { key, operator: 'isnull' },
      ...(named.length > 0 ? [{ key, operator: 'in' as const, value: named }] : []),
    ],
  };
}

/** The filter with a value of a facet chosen, or no longer. */
export function toggled(filter: ViewerFilter, facet: FacetName, value: string): ViewerFilter {
  const chosen = filter[facet];
  const next = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
  return { ...filter, [facet]: next };
}

/**
 * The first instant after a time, to ask for what is not newer than it: times have microseconds,
 * and `olderThan` is strict.
 */
export function justAfter(iso: string): string {
  const fraction = /\.(\d{1,6})/.exec(iso)?.[1] ?? '';
  const micros = Number(fraction.padEnd(6, '0')) + 1;
  const seconds = Math.floor(Date.parse(iso) / 1000) + Math.floor(micros / 1_000_000);
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(micros % 1_000_000).padStart(6, '0')}Z`;
}
