/** Upper bounds of the latency histograms, in seconds. */
const BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

interface Histogram {
  /** By bucket, not cumulative; the last one is everything slower. */
  counts: number[];
  sum: number;
}

export interface Metrics {
  /** One answered request: its route as it was registered, and how long it took. */
  request(method: string, route: string, status: number, seconds: number): void;
  /** One wait for a commit. */
  commit(seconds: number): void;
  /** Prometheus text, format 0.0.4; `figures` are values by name, counters where it ends in `_total`. */
  text(figures: Readonly<Record<string, number>>): string;
}

const newHistogram = (): Histogram => ({ counts: BUCKETS.map(() => 0).concat(0), sum: 0 });

function observe(histogram: Histogram, seconds: number): void {
  const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
  const at = bucket === -1 ? BUCKETS.length : bucket;
  histogram.counts[at] = (histogram.counts[at] ?? 0) + 1;
  histogram.sum += seconds;
}

function linesOf(name: string, labels: string, { counts, sum }: Histogram): string[] {
  const all = labels === '' ? '' : `${labels},`;
  let total = 0;
  const buckets = counts.map((count, i) => {
    total += count;
    return `${name}_bucket{${all}le="${BUCKETS[i] ?? '+Inf'}"} ${total}`;
  });
  const braces = labels === '' ? '' : `{${labels}}`;
  return [...buckets, `${name}_sum${braces} ${sum}`, `${name}_count${braces} ${total}`];
}

/** Counts what a hub does. Its size is bounded by the number of routes and of statuses. */
export function createMetrics(): Metrics {
  const answers = new Map<string, number>();
  const latencies = new Map<string, Histogram>();
  const commits = newHistogram();
  return {
    request(method, route, status, seconds) {
      const labels = `method="${method}",route="${route}"`;
      const answer = `${labels},status="${status}"`;
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      const histogram = latencies.get(labels) ?? newHistogram();
      latencies.set(labels, histogram);
      observe(histogram, seconds);
    },
    commit(seconds) {
      observe(commits, seconds);
    },
    text(figures) {
      const lines = Object.entries(figures).flatMap(([name, value]) => {
        const type = name.endsWith('_total') ? 'counter' : 'gauge';
        return [`# TYPE cuesheet_${name} ${type}`, `cuesheet_${name} ${value}`];
      });
      lines.push('# TYPE cuesheet_requests_total counter');
      for (const [labels, count] of answers) {
        lines.push(`cuesheet_requests_total{${labels}} ${count}`);
      }
      lines.push('# TYPE cuesheet_request_seconds histogram');
      for (const [labels, histogram] of latencies) {
        lines.push(...linesOf('cuesheet_request_seconds', labels, histogram));
      }
      lines.push('# TYPE cuesheet_commit_wait_seconds histogram');
      lines.push(...linesOf('cuesheet_commit_wait_seconds', '', commits));
      return `${lines.join('\n')}\n`;
    },
  };
}
