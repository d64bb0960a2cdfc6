// npm run bench:viewer: the viewer over local events in Chromium; prints a table and writes it into docs/benchmarks.md.
// npm run bench:viewer -- [--events=N]: a quick look, which does not change the page.
// npm run bench:viewer -- --check: only checks that everything still runs (npm test).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { quantile, replaceFigures } from '../tests/bench/figures.mjs';
import { importBundled } from './bundle.mjs';

const PAGE = 'docs/benchmarks.md';
const BEGIN = '<!-- figures: npm run bench:viewer -->';
const END = '<!-- end of the figures of the viewer -->';
/** The browser itself and this program are a load of about 1.5. */
const BUSY = 2.5;

const { values } = parseArgs({
  options: { events: { type: 'string' }, check: { type: 'boolean', default: false } },
});
const events = Number(values.events ?? (values.check ? 1000 : 1_000_000));
const options = values.check
  ? { scrollMs: 500, changes: 3, tens: 2, words: ['shot'] }
  : {
      scrollMs: 20_000,
      changes: 200,
      tens: 500,
      // common ones, one that is in no event, a path, a project with a user
      words: ['lighting review', 'approved', 'turntabel', 'shots/sq014', 'cinder igor'],
    };
const preset = values.check ? 'native-debug' : 'native-release';

execFileSync('bash', ['scripts/build'], { stdio: ['ignore', 'ignore', 'inherit'] });
execFileSync('bash', ['scripts/build-tests', preset, 'cuesheet_bench'], { stdio: 'inherit' });
const { measureViewer } = await importBundled('tests/bench/viewer/measure.ts', 'bench-viewer');

const number = (value) => value.toLocaleString('en', { maximumSignificantDigits: 3 });

/** Where there are several percentiles, the target is for the last one. */
function rowsOf({ dropped, slowlyDropped, idleDropped, typedMs, changeFrames, pageMs }) {
  const both = (all) => [quantile(all, 0.5), quantile(all, 0.95)];
  const rows = [
    ['frames dropped of 100, scrolled end to end, CPU 4 times slower', [dropped], '', 1],
    ['the same, 3,600 px a second, so that rows are read', [slowlyDropped], ''],
    ['the same while nothing happens', [idleDropped], ''],
    ['input in the search until its rows are painted, p50 / p95', both(typedMs), ' ms', 50],
    ['a change until it is painted, p50 / p95', both(changeFrames), ' frames', 2],
    ['`events.query` of 100 rows, p50', [quantile(pageMs, 0.5)], ' ms', 0.4],
  ];
  return rows.map(([title, figures, unit, target]) => {
    const verdict = figures.at(-1) <= target ? 'met' : '**missed**';
    const shown = figures.map((value) => `${number(value)}${unit}`).join(' / ');
    return `| ${title} | ${shown} | ${target === undefined ? '' : `${number(target)}${unit}, ${verdict}`} |`;
  });
}

const folder = mkdtempSync(join(tmpdir(), 'cuesheet-lines-'));
try {
  const lines = join(folder, 'lines.ndjson');
  const program = `build/${preset}/tests/bench/cuesheet_bench`;
  execFileSync(program, [`--events=${events}`, `--write-lines=${lines}`]);
  const figures = await measureViewer({ ...options, events, lines }, (text) =>
    console.error(`${text} ...`),
  );
  const load = loadavg()[0];
  const busy = load > BUSY ? `, while others used it (load ${load.toFixed(1)})` : '';
  const table = [
    `${cpus()[0].model.trim()}, ${cpus().length} cores${busy}, Chromium, ${events.toLocaleString('en')} events`,
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
