// npm run bench:sync: a browser and a hub on one machine; prints a table and writes it into docs/benchmarks.md.
// npm run bench:sync -- [--events=N]: a quick look, which does not change the page.
// npm run bench:sync -- --check: only checks that everything still runs (npm test).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { quantile, replaceFigures } from '../tests/bench/figures.mjs';
import { importBundled } from './bundle.mjs';

const PAGE = 'docs/benchmarks.md';
const BEGIN = '<!-- figures: npm run bench:sync -->';
const END = '<!-- end of the figures of sync -->';

const { values } = parseArgs({
  options: { events: { type: 'string' }, check: { type: 'boolean', default: false } },
});
const events = Number(values.events ?? (values.check ? 1000 : 1_000_000));
const options = values.check
  ? { missed: 200, dispatches: 5, writes: 20 }
  : { missed: 10_000, dispatches: 500, writes: 1000 };
const preset = values.check ? 'native-debug' : 'native-release';

execFileSync('bash', ['scripts/build'], { stdio: ['ignore', 'ignore', 'inherit'] });
execFileSync('bash', ['scripts/build-tests', preset, 'cuesheet_bench'], { stdio: 'inherit' });
const { measureSync } = await importBundled('tests/bench/sync/measure.ts', 'bench-sync');

const number = (value) => value.toLocaleString('en', { maximumSignificantDigits: 3 });
function rowsOf(figures) {
  const p99 = quantile(figures.paintedMs, 0.99);
  const size = events.toLocaleString('en');
  const rows = [
    [`first page of ${size} events, empty browser`, figures.firstPageMs, 'ms', 600],
    [`first sync of ${size} events, queryable and durable`, figures.syncSeconds, 's', 30],
    ['bytes on the wire an event, compressed', figures.wireBytesAnEvent, 'B', 60],
    [`catch-up of ${number(options.missed)} missed changes`, figures.catchUpMs, 'ms', 500],
    ['dispatched at the hub until painted, p99', p99, 'ms', 50],
    [`${number(options.writes)} local writes drained to the hub`, figures.drainMs, 'ms', 1000],
  ];
  return rows.map(([title, value, unit, target]) => {
    const verdict = value <= target ? 'met' : '**missed**';
    return `| ${title} | ${number(value)} ${unit} | ${number(target)} ${unit}, ${verdict} |`;
  });
}

const folder = mkdtempSync(join(tmpdir(), 'cuesheet-lines-'));
try {
  const lines = join(folder, 'lines.ndjson');
  const program = `build/${preset}/tests/bench/cuesheet_bench`;
  execFileSync(program, [`--events=${events}`, `--write-lines=${lines}`]);
  const figures = await measureSync({ ...options, events, lines }, (text) =>
    console.error(`${text} ...`),
  );
  const table = [
    `${cpus()[0].model.trim()}, ${cpus().length} cores, Chromium, hub on Node ${process.version}`,
    '',
    '| figure | | target |',
    '| --- | --: | --- |',
    ...rowsOf(figures),
  ].join('\n');
  console.log(table);
  if (!values.check && values.events === undefined) replaceFigures(PAGE, BEGIN, END, table);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
