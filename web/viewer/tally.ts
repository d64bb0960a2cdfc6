import type { CountQuery, Events, FacetCounts, HistogramCounts } from '../client/index.ts';
import { FACETS, type FacetName, toQuery, type ViewerFilter } from './filter.ts';

/** Counts follow changes at most this often, in milliseconds. */
const TALLY_MS = 250;
/** How long a new question waits, in milliseconds. */
const SETTLE_MS = 60;
/** The same while the user types, because a count delays the rows of the next letter. */
const TYPING_MS = 300;
/** The pause between two counts of a kind, in durations of the last one: rows wait behind a count. */
const REST = 40;
/** Bars of the histogram. */
export const BUCKETS = 48;

/** What to count. A new object is a new question. */
export interface Question {
  /** The events in the table. */
  query: CountQuery;
  filter: ViewerFilter;
  /** Creation time of the newest event in a table that stands still; empty = it shows new events. */
  anchor: string;
  /** Facets and histogram as well. */
  facets: boolean;
}

/** One kind of count. */
interface Step {
  count(events: Events, question: Question): Promise<void>;
  /** The state of the events when it was made; -1 = never. */
  sequence: number;
  /** When it may be made again, on the clock of `performance`. */
  due: number;
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
  #busy = false;
  readonly #steps: Step[] = [
    { count: (...asked) => this.#countTable(...asked), sequence: -1, due: 0 },
    { count: (...asked) => this.#countNewer(...asked), sequence: -1, due: 0 },
    { count: (...asked) => this.#countFacets(...asked), sequence: -1, due: 0 },
    { count: (...asked) => this.#countTimes(...asked), sequence: -1, due: 0 },
  ];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = () => {};

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Begins again with these events, or ends with null. */
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
    const delay = before === question.filter.search ? SETTLE_MS : TYPING_MS;
    this.#question = question;
    for (const step of this.#steps) {
      step.sequence = -1;
      step.due = performance.now() + delay;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#later();
  }

  /** Counts once the first outdated count may be made, after at least this many milliseconds. */
  #later(pause = 0): void {
    const events = this.#events;
    if (!events || !this.#question || this.#busy || this.#timer !== undefined) return;
    const old = this.#steps.filter(({ sequence }) => sequence !== events.status.sequence);
    if (old.length === 0) return;
    const due = Math.min(...old.map((step) => step.due));
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#round(events, this.#question as Question);
      },
      Math.max(pause, due - performance.now()),
    );
  }

  async #round(events: Events, question: Question): Promise<void> {
    this.#busy = true;
    try {
      for (const step of this.#steps) {
        const { sequence } = events.status;
        const begun = performance.now();
        if (step.sequence === sequence || step.due > begun) continue;
        step.sequence = sequence;
        step.due = begun + TALLY_MS; // also when it fails
        await step.count(events, question);
        if (this.#question !== question) break;
        const now = performance.now();
        step.due = now + Math.max(TALLY_MS, REST * (now - begun));
        this.#changed();
      }
    } catch {
      // the status reports it, like every failure of the worker
    } finally {
      this.#busy = false;
      this.#later();
    }
  }

  async #countTable(events: Events, { query, filter, facets }: Question): Promise<void> {
    const by = facets ? FACETS.filter((facet) => filter[facet].length === 0) : [];
    const counts = await events.count({ ...query, by });
    if (this.#question?.query !== query) return;
    this.total = counts.total;
    this.answered = query;
    if (facets) this.facets = { ...this.facets, ...counts.by };
  }

  async #countNewer(events: Events, { anchor, filter, query }: Question): Promise<void> {
    const newer = anchor === '' ? 0 : (await events.count(newerThan(filter, anchor))).total;
    if (this.#question?.query === query) this.newer = newer;
  }

  /** Values that could also be chosen: counted without the facet's own choice. */
  async #countFacets(events: Events, question: Question): Promise<void> {
    if (!question.facets) return;
    for (const facet of FACETS.filter((name) => question.filter[name].length > 0)) {
      const query = toQuery({ ...question.filter, [facet]: [] });
      const { by } = await events.count({ ...query, by: [facet] });
      if (this.#question !== question) return;
      this.facets = { ...this.facets, ...by };
    }
  }

  /** Counts over time of what the table shows; of all times while a range is chosen. */
  async #countTimes(events: Events, { facets, filter, query }: Question): Promise<void> {
    if (!facets) return;
    const all = isBrushed(filter) ? toQuery({ ...filter, from: '', to: '' }) : query;
    const histogram = await events.histogram({ ...all, buckets: BUCKETS });
    if (this.#question?.filter === filter) this.histogram = histogram;
  }
}

const isBrushed = ({ from, to }: ViewerFilter): boolean => from !== '' || to !== '';

/** An anchor is never before the filter's own beginning. */
const newerThan = (filter: ViewerFilter, anchor: string): CountQuery => ({
  ...toQuery(filter),
  newerThan: anchor,
});
