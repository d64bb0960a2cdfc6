// npm run bench:workerd: what the hub costs in workerd, beside a Worker that does nothing; prints a
// table and writes it into docs/benchmarks.md.
// npm run bench:workerd -- [--events=N] [--rounds=N]: a quick look, which does not change the page.
// npm run bench:workerd -- --check: only checks that everything still runs (npm test).
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { replaceFigures } from '../tests/bench/figures.mjs';
import { importBundled } from './bundle.mjs';

const PAGE = 'docs/benchmarks.md';
const BEGIN = '<!-- figures: npm run bench:workerd -->';
const END = '<!-- end of the figures of workerd -->';
const TARGET = { startMs: 50, bytes: 48 << 20 };

const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    rounds: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});
const events = Number(values.events ?? (values.check ? 1000 : 100_000));
const rounds = Number(values.rounds ?? (values.check ? 1 : 9));
const preset = values.check ? 'native-debug' : 'native-release';
const isWhole = !values.check && values.events === undefined && values.rounds === undefined;
if (!(events > 0) || !(rounds > 0)) {
  console.error('usage: npm run bench:workerd -- [--events=N] [--rounds=N] | --check');
  process.exit(2);
}

execFileSync('bash', ['scripts/build-tests', preset, 'cuesheet_bench'], { stdio: 'inherit' });
const { benchFolder, fill, measureStart } = await importBundled(
  'tests/bench/workerd/measure.ts',
  'bench-workerd',
);

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const of = (costs, name) => median(costs.map((cost) => cost[name]));

/** Medians of `rounds` starts, less those of a Worker that does nothing; they take turns. */
async function measure(folder) {
  const costs = { nothing: [], module: [], hub: [] };
  for (let round = 0; round < rounds; round++) {
    for (const what of Object.keys(costs)) costs[what].push(await measureStart(folder, what));
  }
  const less = (what, name) => of(costs[what], name) - of(costs.nothing, name);
  return {
    moduleMs: less('module', 'cpuMs'),
    cpuMs: less('hub', 'cpuMs'),
    answerMs: of(costs.hub, 'answerMs'),
    isolate: of(costs.hub, 'isolate'),
    memory: less('hub', 'memory'),
  };
}

const folder = benchFolder();
try {
  const fresh = await measure(folder.path);
  console.error(`importing ${events} events ...`);
  await fill(folder.path, `build/${preset}/tests/bench/cuesheet_bench`, events);
  const filled = await measure(folder.path);

  const milliseconds = (value) => `${value.toFixed(0)} ms`;
  const mebibytes = (value) => `${(value / (1 << 20)).toFixed(1)} MiB`;
  const verdict = (value, limit, text) => `${text}, ${value <= limit ? 'met' : '**missed**'}`;
  const size = events.toLocaleString('en');
  const rows = [
    [
      'CPU of the module: evaluated and compiled',
      milliseconds(fresh.moduleMs),
      verdict(fresh.moduleMs, TARGET.startMs, '50 ms'),
    ],
    ['CPU to the first answer of a hub, empty store', milliseconds(fresh.cpuMs), ''],
    [`CPU to the first answer of a hub, ${size} events`, milliseconds(filled.cpuMs), ''],
    [`wall time of that answer, ${size} events`, milliseconds(filled.answerMs), ''],
    ['memory of the isolate, empty store', mebibytes(fresh.isolate), ''],
    [
      `memory of the isolate, ${size} events`,
      mebibytes(filled.isolate),
      verdict(filled.isolate, TARGET.bytes, '48 MiB'),
    ],
    [`memory of the process, ${size} events`, mebibytes(filled.memory), ''],
  ];
  const table = [
    `${cpus()[0].model.trim()}, ${cpus().length} cores, workerd`,
    '',
    '| figure | hub | target |',
    '|---|--:|---|',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
  console.log(table);
  if (isWhole) replaceFigures(PAGE, BEGIN, END, table);
} finally {
  folder.remove();
}
