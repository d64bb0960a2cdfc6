// npm run bench:hub: the hub on Node under load, on one core; prints a table and writes it into
// docs/benchmarks.md.
// npm run bench:hub -- [--events=N] [--seconds=N]: a quick look, which does not change the page.
// npm run bench:hub -- --cpu [--against=DIR]: only what a request costs the hub's process; also of the build in
// another checkout, both taking turns.
// npm run bench:hub -- --check: only checks that everything still runs (npm test).
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { quantile, replaceFigures } from '../tests/bench/figures.mjs';
import { importBundled } from './bundle.mjs';

const PAGE = 'docs/benchmarks.md';
const BEGIN = '<!-- figures: npm run bench:hub -->';
const END = '<!-- end of the figures of the hub -->';
const RATE = 100;

const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    seconds: { type: 'string' },
    check: { type: 'boolean', default: false },
    cpu: { type: 'boolean', default: false },
    against: { type: 'string' },
  },
});
const events = Number(values.events ?? (values.check ? 1000 : 1_000_000));
const seconds = Number(values.seconds ?? (values.check ? 0.2 : 10));
const sockets = values.check ? 20 : 1000;
const jobs = values.check ? 200 : 40_000;
const preset = values.check ? 'native-debug' : 'native-release';
// The first seconds of a fresh hub are not counted.
const warmUpMs = values.check ? 0 : 2000;
const isWhole = ['check', 'cpu', 'events', 'seconds'].every((name) => !values[name]);
const cpuPlan = values.check ? { requests: 20, rounds: 1 } : { requests: 1000, rounds: 7 };
if (!(events > 0) || !(seconds > 0)) {
  console.error(
    'usage: npm run bench:hub -- [--events=N] [--seconds=N] [--cpu [--against=DIR]] | --check',
  );
  process.exit(2);
}

if (!values.check) execFileSync('taskset', ['-p', '-c', '1', String(process.pid)]);
execFileSync('bash', ['scripts/build'], { stdio: ['ignore', 'ignore', 'inherit'] });
execFileSync('bash', ['scripts/build-tests', preset, 'cuesheet_bench'], { stdio: 'inherit' });
const bench = await importBundled('tests/bench/hub/measure.ts', 'bench-hub');
const say = (text) => console.error(`${text} ...`);

function writeLines(folder, option) {
  const path = join(folder, 'lines.ndjson');
  execFileSync(`build/${preset}/tests/bench/cuesheet_bench`, [
    `--events=${events}`,
    `--${option}=${path}`,
  ]);
  return path;
}

/** A folder of its own for each kind of content. */
async function onFolder(option, work) {
  const folder = bench.temporaryFolder();
  try {
    if (option) bench.fill(folder.path, writeLines(folder.path, option));
    return await bench.withHub(folder.path, (hub, startMs) => work(hub.url, startMs, folder.path));
  } finally {
    folder.remove();
  }
}

/** Of this build, and of that in another checkout. */
function cpu(folder) {
  const checkouts = ['.', ...(values.against === undefined ? [] : [values.against])];
  const clis = checkouts.map((path) => join(path, 'dist/hub/cli.js'));
  return bench.cpuTimes(folder, clis, cpuPlan);
}

/** The CPU of a request alone; the hub has stopped before its folder is copied. */
async function measureCpu() {
  const folder = bench.temporaryFolder();
  try {
    bench.fill(folder.path, writeLines(folder.path, 'write-lines'));
    return await cpu(folder.path);
  } finally {
    folder.remove();
  }
}

async function measure() {
  const time = { warmUpMs, limitMs: seconds * 1000 };
  say('the clients alone');
  const nothing = await bench.withNothing(async (url) => ({
    dispatch: await bench.dispatches(url, time),
    batch: await bench.batches(url, time),
  }));
  say('dispatches');
  const dispatch = await onFolder(null, (url) => bench.dispatches(url, time));
  say('batches');
  const batch = await onFolder(null, (url) => bench.batches(url, time));
  say('sockets');
  const fan = await onFolder(null, (url) => bench.fanOut(url, sockets, seconds * RATE, RATE));
  say(`${events} events`);
  const big = await onFolder('write-lines', async (url, startMs, folder) => ({
    startMs,
    memory: bench.memoryOf(folder),
    pages: await bench.pages(url, values.check ? 20 : 4000, warmUpMs),
    starved: await bench.starve(url, values.check ? 1 : 10),
  }));
  say(`${events} settled sources`);
  const enroll = await onFolder('write-settled', (url) => bench.enrolls(url, jobs, warmUpMs));
  say('CPU of a request');
  const [ownCpu] = await measureCpu();
  return { nothing, dispatch, batch, fan, big, enroll, ownCpu };
}

const number = (value) => value.toLocaleString('en', { maximumSignificantDigits: 3 });
const milliseconds = (value) => `${number(value)} ms`;
const percentiles = (times) =>
  `${milliseconds(quantile(times, 0.5))} / ${milliseconds(quantile(times, 0.99))}`;
const rate = ({ times, seconds: took }, each = 1) => (times.length * each) / took;
const verdict = (target, ...checks) => `${target}, ${checks.every(Boolean) ? 'met' : '**missed**'}`;

const CPU_TARGETS = { 'GraphQL, 1 row': 0.3, 'GraphQL, 100 rows': 0.6 };

function cpuRows(times) {
  return Object.entries(times).map(([name, rounds]) => {
    const target = CPU_TARGETS[name];
    const met = target ? verdict(`${target} ms`, quantile(rounds, 0.5) <= target) : '';
    return [`CPU of the hub: ${name}`, milliseconds(quantile(rounds, 0.5)), '', '', met];
  });
}

/** The medians of the rounds of two builds, side by side. */
function printCpu([own, other]) {
  for (const [name, rounds] of Object.entries(own)) {
    const list = [rounds, ...(other ? [other[name]] : [])];
    const texts = list.map((times) => milliseconds(quantile(times, 0.5)));
    console.log(`| ${[name, ...texts].join(' | ')} |`);
  }
}

function rowsOf({ nothing, dispatch, batch, fan, big, enroll, ownCpu }) {
  const p99 = ({ times }) => quantile(times, 0.99);
  const size = events.toLocaleString('en');
  return [
    [
      'durable dispatch, 32 connections',
      `${number(rate(dispatch))}/s`,
      percentiles(dispatch.times),
      `${number(rate(nothing.dispatch))}/s`,
      verdict('6,000/s, p99 20 ms', rate(dispatch) >= 6000, p99(dispatch) <= 20),
    ],
    [
      'durable dispatch, batches of 100, 4 connections',
      `${number(rate(batch, 100))} events/s`,
      percentiles(batch.times),
      `${number(rate(nothing.batch, 100))} events/s`,
      verdict('60,000 events/s', rate(batch, 100) >= 60_000),
    ],
    [
      `enroll, ${size} settled sources, 8 workers`,
      `${number(rate(enroll))} jobs/s`,
      percentiles(enroll.times),
      '',
      verdict('3,000 jobs/s, p99 5 ms', rate(enroll) >= 3000, p99(enroll) <= 5),
    ],
    [
      `GraphQL, newest 100 of ${size} events, 1 connection`,
      `${number(rate(big.pages))}/s`,
      percentiles(big.pages.times),
      '',
      verdict('p99 10 ms', p99(big.pages) <= 10),
    ],
    [
      `fan-out to ${number(sockets)} sockets, ${RATE} events/s`,
      `${number(fan.rate * sockets)} messages/s, ${fan.wrong} lost`,
      `${milliseconds(fan.p50)} / ${milliseconds(fan.p99)}`,
      '',
      verdict('p99 100 ms, none dropped', fan.p99 <= 100, fan.wrong === 0, fan.rate > 0.95 * RATE),
    ],
    [
      'GET /healthz, 20 new connections at once, while a client repeats a scan',
      `a scan: ${milliseconds(quantile(big.starved.scans, 0.5))}`,
      percentiles(big.starved.health),
      '',
      '',
    ],
    [
      `start with ${size} events to the first answer`,
      milliseconds(big.startMs),
      '',
      '',
      verdict('1.5 s', big.startMs <= 1500),
    ],
    [
      `memory with ${size} events`,
      `${number(big.memory.anonymous / 1e6)} MB, ${number(big.memory.resident / 1e6)} MB with Node's binary`,
      '',
      '',
      verdict('400 MB', big.memory.anonymous <= 400e6),
    ],
    ...cpuRows(ownCpu),
  ];
}

if (values.cpu) {
  printCpu(await measureCpu());
  process.exit();
}

const head = [
  ['figure', '', 'p50 / p99', 'clients alone', 'target'],
  ['---', '--:', '--:', '--:', '---'],
];
const figures = await measure();
const table = [...head, ...rowsOf(figures)].map((row) => `| ${row.join(' | ')} |`).join('\n');
const text = `${cpus()[0].model.split(' ').slice(0, 2).join(' ')}, one core of ${cpus().length}, Node ${process.version}\n\n${table}`;
console.log(text);
if (isWhole) replaceFigures(PAGE, BEGIN, END, text);
if (values.check && figures.fan.wrong > 0) process.exitCode = 1;
