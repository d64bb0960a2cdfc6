// The figures that scripts/bench has left in FOLDER as one Markdown table; PAGE gets it between its
// marks. Of several rounds the best one counts. usage: node table.mjs FOLDER SIZE,... [PAGE]
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { replaceFigures } from './figures.mjs';

const BEGIN = '<!-- figures: npm run bench -->';
const END = '<!-- end of figures -->';
const TARGET_EVENTS = 1_000_000;
const MOST_RATIO = 2;

const number = (value) => value.toLocaleString('en', { maximumSignificantDigits: 3 });
// `cost` turns a figure into one that is worse when it is larger.
const MILLISECONDS = {
  counter: 'p50_ms',
  show: (value) => `${number(value)} ms`,
  cost: (value) => value,
};
const BYTES = {
  counter: 'bytes_per_event',
  show: (value) => `${number(value)} B`,
  cost: (value) => value,
};
const RATE = {
  counter: 'events_per_second',
  show: (value) => `${number(value)}/s`,
  cost: (value) => 1 / value,
};

// name in the program, name on the page, target of wasm at TARGET_EVENTS
const WORKLOADS = [
  ['newest_page', 'newest page', MILLISECONDS, 0.15],
  ['page_50', 'page 50 by cursor', MILLISECONDS, 0.15],
  ['topic_project', 'topic prefix, project', MILLISECONDS, 0.15],
  ['status_users', 'statuses, users', MILLISECONDS, 0.15],
  ['parents', 'has children, newer than', MILLISECONDS, 0.15],
  ['by_id', 'one by id', MILLISECONDS, 0.02],
  ['text_common', 'text, two common words', MILLISECONDS, 1],
  ['text_absent', 'text, absent word', MILLISECONDS, 10],
  ['path_unindexed', 'JSON path, no index', MILLISECONDS, 40],
  ['path_entity_id', 'summary/entityId', MILLISECONDS, 0.05],
  ['counts', 'counts by topic, status', MILLISECONDS, 0.02],
  ['enroll', 'enroll, all settled', MILLISECONDS, 0.05],
  ['live', 'update, 100 live queries', MILLISECONDS, 0.1],
  ['ingest', 'ingest', RATE, undefined],
  ['memory', 'memory an event', BYTES, 130],
];

const [folder, sizes, page] = process.argv.slice(2);

// What each round of a program has left.
function rounds(program, size) {
  const name = new RegExp(`^${program}-${size}-\\d+\\.json$`);
  return readdirSync(folder)
    .filter((file) => name.test(file))
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
    .filter((text) => text !== '') // nothing passed the filter
    .map((text) => JSON.parse(text));
}

// The best figure by workload; none for what did not run.
function figures(program, size) {
  const best = new Map();
  for (const run of rounds(program, size).flatMap((round) => round.benchmarks)) {
    if (run.error_occurred)
      throw new Error(`${program}, ${size} events, ${run.name}: ${run.error_message}`);
    const name = run.name.split('/')[0];
    const unit = WORKLOADS.find((workload) => workload[0] === name)[2];
    const figure = run[unit.counter];
    const known = best.get(name);
    if (known === undefined || unit.cost(figure) < unit.cost(known)) best.set(name, figure);
  }
  return best;
}

function ratio(native, wasm, unit) {
  if (native === undefined || wasm === undefined) return '–';
  const value = unit.cost(wasm) / unit.cost(native);
  return value > MOST_RATIO ? `**${value.toFixed(1)}**` : value.toFixed(1);
}

function target(wasm, limit, unit) {
  if (limit === undefined) return '';
  const verdict =
    wasm === undefined ? '' : unit.cost(wasm) <= unit.cost(limit) ? ', met' : ', **missed**';
  return unit.show(limit) + verdict;
}

const finite = (value) => (Number.isFinite(value) ? value : undefined);

function row([name, title, unit, limit], { size, native, wasm, javascript }) {
  const [nativeFigure, wasmFigure] = [native, wasm].map((runs) => runs.get(name));
  if (nativeFigure === undefined && wasmFigure === undefined) return [];
  const bound = name === 'ingest' ? finite(javascript) : size === TARGET_EVENTS ? limit : undefined;
  const cells = [
    title,
    number(size),
    ...[nativeFigure, wasmFigure].map((figure) => (figure === undefined ? '–' : unit.show(figure))),
    ratio(nativeFigure, wasmFigure, unit),
    target(wasmFigure, bound, unit),
  ];
  return [`| ${cells.join(' | ')} |`];
}

const runs = sizes.split(',').map((size) => ({
  size: Number(size),
  native: figures('native', size),
  wasm: figures('wasm', size),
  javascript: Math.max(...rounds('javascript', size).map((round) => round.events_per_second)),
}));
const table = [
  `${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}`,
  '',
  '| workload | events | native | wasm | wasm/native | target |',
  '|---|--:|--:|--:|--:|---|',
  ...WORKLOADS.flatMap((workload) => runs.flatMap((run) => row(workload, run))),
].join('\n');
console.log(table);
if (loadavg()[0] > 1.5)
  console.log(
    `\nOthers are using this machine (load ${loadavg()[0].toFixed(1)}): figures are too high.`,
  );
if (page) replaceFigures(page, BEGIN, END, table);
