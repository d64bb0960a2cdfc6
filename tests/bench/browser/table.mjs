// The figures of scripts/bench-browser.mjs as one Markdown table; `page` gets it between its marks.
import { cpus, loadavg } from 'node:os';
import { quantile, replaceFigures } from '../figures.mjs';

const BEGIN = '<!-- figures: npm run bench:browser -->';
/** The browser itself and this program are a load of about 1.5. */
const BUSY = 2.5;
const END = '<!-- end of the figures of the browser -->';

export const median = (values) => quantile(values, 0.5);
const percentiles = (times) => [median(times), quantile(times, 0.99)];

const number = (value) => value.toLocaleString('en', { maximumSignificantDigits: 3 });
const bytes = (value) => `${number(value)} B`;
const milliseconds = (value) => `${number(value)} ms`;
const rate = (value) => `${number(value)}/s`;

/**
 * What is on the page: `of` takes the figure out of a run, `floor` the one of plain IndexedDB, both as
 * lists (p50 and p99 of writes); `target` by size, and whether more is better.
 */
const ROWS = [
  {
    title: 'durable write, relaxed, p50 / p99',
    of: ({ relaxed }) => percentiles(relaxed.times),
    floor: (_raw, { figures }) => percentiles(figures.relaxed.raw),
    target: () => [0.9, 3],
    show: milliseconds,
  },
  {
    title: 'durable write, strict, p50 / p99',
    of: ({ strict }) => percentiles(strict.times),
    floor: (_raw, { figures }) => percentiles(figures.strict.raw),
    target: () => [1.5, 4],
    show: milliseconds,
  },
  {
    title: 'durable bulk ingest',
    of: ({ ingest }) => [ingest],
    floor: (raw, { lineBytes }) => [raw.bytesPerSecond / lineBytes],
    target: () => [100_000],
    show: rate,
    moreIsBetter: true,
  },
  {
    title: 'reload to first page',
    of: ({ firstPage }) => [firstPage],
    floor: (raw) => [raw.firstPage],
    target: (size) => (size >= 100_000 ? [size >= 1_000_000 ? 180 : 110] : null),
    show: milliseconds,
  },
  {
    title: 'memory an event',
    of: ({ memory }, size) => (size >= 100_000 ? [memory] : null),
    floor: () => null,
    target: () => [320],
    show: bytes,
  },
  {
    title: 'stored bytes an event, without payload',
    of: ({ bytesWithout }) => (bytesWithout === null ? null : [bytesWithout]),
    floor: () => null,
    target: (size) => (size >= 100_000 ? [200] : null),
    show: bytes,
  },
  {
    title: 'stored bytes an event, with payload',
    of: (figures) => [figures.bytes],
    floor: (_raw, { lineBytes }) => [lineBytes],
    target: (size) => (size >= 100_000 ? [500] : null),
    show: bytes,
  },
];

function ratio(figure, floor, { moreIsBetter }) {
  if (!figure || !floor) return '–';
  const value = (i) => number(moreIsBetter ? floor[i] / figure[i] : figure[i] / floor[i]);
  return figure.map((_, i) => value(i)).join(' / ');
}

function verdict(figure, target, { show, moreIsBetter }) {
  if (!target) return '';
  const text = target.map(show).join(' / ');
  if (!figure) return text;
  const met = target.every((limit, i) => (moreIsBetter ? figure[i] >= limit : figure[i] <= limit));
  return `${text}, ${met ? 'met' : '**missed**'}`;
}

function row(definition, raw, { size, lineBytes, figures }, hasTargets) {
  const figure = figures && definition.of(figures, size);
  const floor = figures && definition.floor(raw, { lineBytes, figures });
  const target = hasTargets ? definition.target(size) : null;
  const cell = (values) => (values ? values.map(definition.show).join(' / ') : '–');
  const cells = [
    definition.title,
    number(size),
    cell(figure),
    cell(floor),
    ratio(figure, floor, definition),
    verdict(figure, target, definition),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Prints the table; `page` is the Markdown file that gets it, or null. */
export function printTable(raw, runs, page, hasTargets) {
  const table = [
    `${cpus()[0].model.trim()}, ${cpus().length} cores, Chromium`,
    '',
    '| figure | events | Cuesheet | plain IndexedDB | ratio | target |',
    '|---|--:|--:|--:|--:|---|',
    ...ROWS.flatMap((definition) => runs.map((run) => row(definition, raw, run, hasTargets))),
  ].join('\n');
  console.log(table);
  const load = loadavg()[0];
  if (load > BUSY) {
    console.log(`\nOthers are using this machine (load ${load.toFixed(1)}): figures are too high.`);
  }
  if (page !== null) replaceFigures(page, BEGIN, END, table);
}
