import { EMPTY_FILTER, FACETS, type ViewerFilter } from './filter.ts';

/** The state of a viewer that is in the fragment of the page's URL. */
export interface UrlState {
  filter: ViewerFilter;
  /** Id of the event whose details are open; empty = none. */
  selected: string;
}

const OWN = ['search', 'logs', 'from', 'to', 'event', ...FACETS];
/** Longer texts in a URL are ignored. */
const MOST_CHARACTERS = 8000;

/** The state in a fragment such as `#search=sh010&status=failed`. */
export function readUrlState(hash: string): UrlState {
  const params = new URLSearchParams(hash.slice(1, MOST_CHARACTERS));
  const text = (name: string) => params.get(name) ?? '';
  const time = (name: string) => (Number.isNaN(Date.parse(text(name))) ? '' : text(name));
  const chosen = Object.fromEntries(FACETS.map((facet) => [facet, params.getAll(facet)]));
  const filter = {
    ...EMPTY_FILTER,
    ...chosen,
    search: text('search'),
    logs: text('logs') !== '0',
    from: time('from'),
    to: time('to'),
  };
  return { filter, selected: /^[0-9a-f]{32}$/.test(text('event')) ? text('event') : '' };
}

/** The fragment for a state; other parts of the fragment stay. Empty for the default state. */
export function writeUrlState(hash: string, state: UrlState): string {
  if (JSON.stringify(readUrlState(hash)) === JSON.stringify(state)) return hash;
  const { filter, selected } = state;
  const params = new URLSearchParams(hash.slice(1));
  for (const name of OWN) params.delete(name);
  const set = (name: string, value: string) => {
    if (value !== '') params.set(name, value);
  };
  set('search', filter.search);
  set('logs', filter.logs ? '' : '0');
  set('from', filter.from);
  set('to', filter.to);
  for (const facet of FACETS) for (const value of filter[facet]) params.append(facet, value);
  set('event', selected);
  const text = params.toString();
  return text === '' ? '' : `#${text}`;
}
