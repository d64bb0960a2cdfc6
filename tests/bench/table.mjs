// The figures that scripts/bench has left in FOLDER as one Markdown table; PAGE gets it between its
// marks. usage: node table.mjs FOLDER SIZE,... [PAGE]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

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

// counter by workload of one run; none for what did not run
function figures(program, size) {
  const path = `${folder}/${program}-${size}.json`;
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (text === '') return new Map();
  const runs = JSON.parse(text).benchmarks;
  const failed = runs.find((run) => run.error_occurred);
  if (failed)
    throw new Error(`${program}, ${size} events, ${failed.name}: ${failed.error_message}`);
  return new Map(runs.map((run) => [run.name.split('/')[0], run]));
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

function row([name, title, unit, limit], { size, native, wasm, javascript }) {
  const [nativeFigure, wasmFigure] = [native, wasm].map((runs) => runs.get(name)?.[unit.counter]);
  if (nativeFigure === undefined && wasmFigure === undefined) return [];
  const bound = name === 'ingest' ? javascript : size === TARGET_EVENTS ? limit : undefined;
  const cells = [
    title,
    number(size),
    ...[nativeFigure, wasmFigure].map((figure) => (figure === undefined ? '–' : unit.show(figure))),
    ratio(nativeFigure, wasmFigure, unit),
    target(wasmFigure, bound, unit),
  ];
  return [`| ${cells.join(' | ')} |`];
}

const runs = sizes.split(',').map((size) => {
  const baseline = `${folder}/javascript-${size}.json`;
  return {
    size: Number(size),
    native: figures('native', size),
    wasm: figures('wasm', size),
    javascript: existsSync(baseline)
      ? JSON.parse(readFileSync(baseline, 'utf8')).events_per_second
      : undefined,
  };
});
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
if (page) {
  const text = readFileSync(page, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${page}: no ${BEGIN} … ${END}`);
  writeFileSync(page, `${text.slice(0, begin)}${BEGIN}\n${table}\n${text.slice(end)}`);
}
