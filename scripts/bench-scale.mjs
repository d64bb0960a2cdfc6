// npm run bench:scale -- [--events=N] [--base=DIR] [--ayon=URL] [--wall]: a hub with many events as a real process: starts,
// stalls, reads, writes, removals, kills; prints tables (docs/benchmarks.md).
//   --base=DIR   also of the build in another checkout, in turn
//   --ayon=URL   the reads of a running AYON server too; AYON_API_KEY or AYON_TOKEN has the credentials
//   --wall       also fills the memory of a small hub
//   --no-build   takes dist/ and the generator as they are
//   --check      only checks that everything still runs, and that the answers are right (npm test)
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tablesOf, tableOfWall } from '../tests/bench/scale/tables.mjs';
import { importBundled } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    base: { type: 'string' },
    ayon: { type: 'string' },
    wall: { type: 'boolean', default: false },
    build: { type: 'boolean', default: true },
    check: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
const events = Number(values.events ?? (values.check ? 5000 : 1_000_000));
if (!Number.isInteger(events) || events < 5000) {
  console.error(
    'usage: npm run bench:scale -- [--events=N (5000 or more)] [--base=DIR] [--ayon=URL] [--wall] | --check',
  );
  process.exit(2);
}
const preset = values.check ? 'native-debug' : 'native-release';
const plan = values.check
  ? { repeats: 2, dispatches: 100, cpuRequests: 20, kills: 1 }
  : { repeats: 100, dispatches: 20_000, cpuRequests: 2000, kills: 5 };

if (values.build) {
  execFileSync('bash', ['scripts/build'], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('bash', ['scripts/build-tests', preset, 'cuesheet_bench'], { stdio: 'inherit' });
}
const bench = await importBundled('tests/bench/scale/measure.ts', 'bench-scale');
const say = (text) => console.error(`${text} ...`);

async function measure(folder) {
  say(`${events} events`);
  const [raw, lines] = [join(folder, 'raw.ndjson'), join(folder, 'lines.ndjson')];
  const generator = `build/${preset}/tests/bench/cuesheet_bench`;
  execFileSync(generator, [`--events=${events}`, `--write-lines=${raw}`]);
  const samples = await bench.prepare(raw, lines, events);
  const trees = ['.', ...(values.base === undefined ? [] : [values.base])];
  const builds = trees.map((tree, number) => ({
    name: number === 0 ? 'this build' : tree,
    cli: join(tree, 'dist/hub/cli.js'),
    folder: join(folder, `build-${number}`),
  }));
  const results = [];
  for (const build of builds) {
    say(`${build.name}: import and starts`);
    const importMs = bench.importInto(build, lines);
    const disk = bench.bytesOnDisk(build, events);
    results.push({ name: build.name, importMs, disk, started: await bench.begin(build, samples) });
  }
  say('reads, CPU, dispatches');
  const running = await bench.measureRunning(builds, samples, plan, values.ayon ?? null);
  for (const [number, build] of builds.entries()) {
    say(`${build.name}: snapshot, kills, removal`);
    Object.assign(results[number], await bench.end(build, samples, plan));
  }
  return { results, running };
}

const folder = bench.temporaryFolder();
try {
  const figures = await measure(folder.path);
  console.log(tablesOf(figures, { events, load: loadavg()[0] }));
  if (values.wall || values.check) {
    say('the wall');
    const wall = await bench.measureWall('dist/hub/cli.js');
    console.log(tableOfWall(wall));
  }
} finally {
  folder.remove();
}
