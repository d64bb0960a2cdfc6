import type { CountQuery, Events, FacetCounts, HistogramCounts } from '../client/index.ts';
import { FACETS, type FacetName, toQuery, type ViewerFilter } from './filter.ts';

/** Counts follow changes at most this often, in milliseconds. */
export const TALLY_MS = 250;
/** A new question waits so long, in milliseconds. */
const SETTLE_MS = 60;
/** The same while somebody types, because a count holds up the rows of the next letter. */
const TYPING_MS = 300;
/** Between two rounds there is so many times the time that the last one took. */
const REST = 4;
/** Bars of the histogram. */
export const BUCKETS = 48;

/** What is counted. A new object is a new question. */
export interface Question {
  /** The events in the table. */
  query: CountQuery;
  filter: ViewerFilter;
  /** Creation time of the newest event in a table that stands still; empty = it follows. */
  anchor: string;
  /** Facets and histogram as well. */
  facets: boolean;
}

/** Counts of what the table shows, kept up to date. At most one count is under way. */
export class Tally {
  /** Matches in the table. */
  total = 0;
  /** The question that `total` answers; null before the first answer. */
  answered: CountQuery | null = null;
  /** Matches that came after the anchor. */
  newer = 0;
  facets: Partial<Record<FacetName, FacetCounts>> = {};
  histogram: HistogramCounts | null = null;

  readonly #changed: () => void;
  #events: Events | null = null;
  #question: Question | null = null;
  #sequence = -1;
  #busy = false;
  #delay = SETTLE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = () => {};

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Begins anew on these events, or with null ends. */
  open(events: Events | null): void {
    if (events === this.#events) return;
    this.close();
    this.#events = events;
    this.#stop = events?.onStatus(() => this.#later(TALLY_MS)) ?? (() => {});
  }

  close(): void {
    this.#stop();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#events = this.#question = this.answered = this.histogram = null;
    this.total = this.newer = 0;
    this.facets = {};
  }

  ask(question: Question): void {
    if (question.anchor === '') this.newer = 0;
    const before = this.#question?.filter.search ?? question.filter.search;
    this.#delay = before === question.filter.search ? SETTLE_MS : TYPING_MS;
    this.#question = question;
    this.#sequence = -1;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#later(this.#delay);
  }

  #later(delay: number): void {
    const events = this.#events;
    if (!events || !this.#question || this.#busy || this.#timer !== undefined) return;
    if (events.status.sequence === this.#sequence) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#round(events, this.#question as Question);
    }, delay);
  }

  async #round(events: Events, question: Question): Promise<void> {
    const begun = performance.now();
    this.#busy = true;
    this.#sequence = events.status.sequence;
    try {
      for (const step of [this.#countTable, this.#countFacets, this.#countTimes]) {
        await step.call(this, events, question);
        if (this.#question !== question) break;
        this.#changed();
      }
    } catch {
      // told by the status, as every failure of the worker
    } finally {
      this.#busy = false;
      const rest = Math.max(TALLY_MS, REST * (performance.now() - begun));
      this.#later(this.#question === question ? rest : this.#delay);
    }
  }

  async #countTable(events: Events, { query, anchor, filter, facets }: Question): Promise<void> {
    const by = facets ? FACETS.filter((facet) => filter[facet].length === 0) : [];
    const histogram = facets && !isBrushed(filter) ? { buckets: BUCKETS } : null;
    const counts = await events.count({ ...query, by, ...(histogram && { histogram }) });
    const newer = anchor === '' ? 0 : (await events.count(newerThan(filter, anchor))).total;
    if (this.#question?.query !== query) return;
    this.total = counts.total;
    this.newer = newer;
    this.answered = query;
    if (facets) this.facets = { ...this.facets, ...counts.by };
    if (counts.histogram) this.histogram = counts.histogram;
  }

  /** What could be chosen besides what is chosen: counted without the facet's own choice. */
  async #countFacets(events: Events, question: Question): Promise<void> {
    if (!question.facets) return;
    for (const facet of FACETS.filter((name) => question.filter[name].length > 0)) {
      const query = toQuery({ ...question.filter, [facet]: [] });
      const { by } = await events.count({ ...query, by: [facet] });
      if (this.#question !== question) return;
      this.facets = { ...this.facets, ...by };
    }
  }

  /** The times that could be chosen, while only some are. */
  async #countTimes(events: Events, { facets, filter }: Question): Promise<void> {
    if (!facets || !isBrushed(filter)) return;
    const query = toQuery({ ...filter, from: '', to: '' });
    const histogram = await events.histogram({ ...query, buckets: BUCKETS });
    if (this.#question?.filter === filter) this.histogram = histogram;
  }
}

const isBrushed = ({ from, to }: ViewerFilter): boolean => from !== '' || to !== '';

/** Anchors are never before the filter's own begin. */
const newerThan = (filter: ViewerFilter, anchor: string): CountQuery => ({
  ...toQuery(filter),
  newerThan: anchor,
});
