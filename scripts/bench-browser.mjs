// npm run bench:browser: what the store costs in Chromium, on a profile of its own, beside plain
// IndexedDB in the same run; prints a table and writes it into docs/benchmarks.md.
// npm run bench:browser -- [--sizes=10000,...] [--writes=N]: a quick look, the page stays as it is.
// npm run bench:browser -- --check: only whether everything still runs (npm test).
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, rendererBytes, serve } from '../tests/bench/browser/chromium.mjs';
import { median, printTable } from '../tests/bench/browser/table.mjs';

const LINES = 'build/bench-browser';
/** An import gets a minute, and a second more for every so many events. */
const LEAST_EVENTS_PER_SECOND = 4000;
const INGEST_BASE_MS = 60_000;
const FIRST_PAGE_TIMEOUT_MS = 120_000;
/** Files do not change for so long = background work is done; longest wait for that. */
const QUIET_MS = 2000;
const QUIET_TIMEOUT_MS = 180_000;
const RAW_MEBIBYTES = 64;

function readOptions(args) {
  const options = { sizes: [10_000, 100_000, 1_000_000], writes: 500, reloads: 7, check: false };
  for (const arg of args) {
    const [, name, value] = /^--(sizes|writes|check)(?:=(.+))?$/.exec(arg) ?? [];
    if (name === 'sizes') options.sizes = value.split(',').map(Number);
    else if (name === 'writes') options.writes = Number(value);
    else if (name === 'check') Object.assign(options, { sizes: [1000], writes: 20, reloads: 2 });
    else {
      console.error('usage: npm run bench:browser -- [--sizes=N,...] [--writes=N] | --check');
      process.exit(2);
    }
    options[name === 'check' ? 'check' : 'look'] = true;
  }
  return options;
}

const options = readOptions(process.argv.slice(2));
const preset = options.check ? 'native-debug' : 'native-release';
const say = (text) => console.error(text);

/** The events of the benchmarks as NDJSON (tests/bench/generator.cc). */
function writeLines(size) {
  const path = join(LINES, `${size}.ndjson`);
  const program = `build/${preset}/tests/bench/cuesheet_bench`;
  execFileSync(program, [`--events=${size}`, `--write-lines=${path}`]);
  return statSync(path).size;
}

async function withBrowser(work) {
  const profile = mkdtempSync(join(tmpdir(), 'cuesheet-bench-'));
  const browser = await launch(profile);
  try {
    return await work(browser.pages()[0] ?? (await browser.newPage()), profile);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function open(page, url) {
  await page.goto(url);
  await page.waitForFunction(() => window.ready, null, { timeout: FIRST_PAGE_TIMEOUT_MS });
}

/** Milliseconds from navigation to the first page, of each of several reloads. */
async function firstPages(page, url) {
  await open(page, url);
  const times = [];
  for (let i = 0; i < options.reloads; i++) {
    await page.reload();
    const limit = { timeout: FIRST_PAGE_TIMEOUT_MS };
    const handle = await page.waitForFunction(() => window.bench?.firstPage(), null, limit);
    times.push(await handle.jsonValue());
  }
  return times;
}

/** Waits until the work in the background is done: no file comes, goes or grows. */
async function untilQuiet(page) {
  const fingerprint = () =>
    page.evaluate(async () => JSON.stringify([await window.bench.storedFiles()]));
  const end = Date.now() + QUIET_TIMEOUT_MS;
  for (let last = ''; Date.now() < end;) {
    const now = await fingerprint();
    if (now === last) return;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
  say('  the files did not come to rest');
}

/** Bytes of the renderers after a garbage collection. */
async function memory(page, profile) {
  const devtools = await page.context().newCDPSession(page);
  for (let i = 0; i < 2; i++) await devtools.send('HeapProfiler.collectGarbage');
  await devtools.detach();
  return rendererBytes(profile);
}

async function measureRaw(page, url) {
  say('plain IndexedDB ...');
  await open(page, url);
  const raw = await page.evaluate(
    async ({ writes, mebibytes }) => {
      await window.bench.rawFill();
      return {
        relaxed: await window.bench.rawWrites(writes, 'relaxed'),
        strict: await window.bench.rawWrites(writes, 'strict'),
        bytesPerSecond: await window.bench.rawBytesPerSecond(mebibytes),
      };
    },
    { writes: options.writes, mebibytes: options.check ? 2 : RAW_MEBIBYTES },
  );
  return { ...raw, firstPage: median(await firstPages(page, `${url}?raw`)) };
}

/** Everything about a database of one size; null when the import took too long. */
async function measure(page, profile, url, size) {
  say(`${size} events: import ...`);
  await open(page, `${url}?database=empty`);
  await untilQuiet(page);
  const empty = await memory(page, profile);
  await page.evaluate(() => window.bench.close());

  await open(page, `${url}?database=bench`);
  const limitMs = INGEST_BASE_MS + (size / LEAST_EVENTS_PER_SECOND) * 1000;
  const ingest = await page.evaluate(({ path, limit }) => window.bench.ingest(path, limit), {
    path: `/lines/${size}.ndjson`,
    limit: limitMs,
  });
  if (!ingest) {
    say(`  not done after ${limitMs / 1000} s`);
    return null;
  }
  if (ingest.events !== size) throw new Error(`${ingest.events} of ${size} events were imported`);
  await untilQuiet(page);
  const files = await page.evaluate(() => window.bench.storedFiles());
  await page.evaluate(() => window.bench.close());

  say(`${size} events: reload ...`);
  const pages = await firstPages(page, `${url}?database=bench`);
  await page.waitForFunction((events) => window.bench.status().events >= events, size);
  await untilQuiet(page);
  const used = await memory(page, profile);
  say(`${size} events: write ...`);
  const write = (count) => page.evaluate((writes) => window.bench.writes(writes), count);
  const relaxed = await write(options.writes);
  await page.evaluate(() => window.bench.close());
  await open(page, `${url}?database=bench&durability=strict`);
  const strict = await write(options.writes);
  await page.evaluate(() => window.bench.close());

  const bytes = Object.values(files).reduce((sum, length) => sum + length, 0);
  const cold = Object.entries(files)
    .filter(([name]) => /\/payload-\d+$/.test(name))
    .reduce((sum, [, length]) => sum + length, 0);
  return {
    ingest: size / ingest.seconds,
    firstPage: median(pages),
    memory: (used - empty) / size,
    bytes: bytes / size,
    // Payloads have files of their own from the first checkpoint on.
    bytesWithout: cold > 0 ? (bytes - cold) / size : null,
    relaxed,
    strict,
  };
}

execFileSync('bash', ['scripts/build'], { stdio: ['ignore', 'ignore', 'inherit'] });
execFileSync('bash', ['scripts/build-tests', preset, 'cuesheet_bench'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
mkdirSync(LINES, { recursive: true });
const server = await serve(LINES);
try {
  const raw = await withBrowser((page) => measureRaw(page, server.url));
  const runs = [];
  for (const size of options.sizes) {
    const lineBytes = writeLines(size) / size;
    const figures = await withBrowser((page, profile) => measure(page, profile, server.url, size));
    runs.push({ size, lineBytes, figures });
    rmSync(join(LINES, `${size}.ndjson`));
  }
  const page = options.check || options.look ? null : 'docs/benchmarks.md';
  printTable(raw, runs, page);
  if (options.check && runs.some(({ figures }) => figures === null)) process.exitCode = 1;
} finally {
  server.close();
  rmSync(LINES, { recursive: true, force: true });
}
