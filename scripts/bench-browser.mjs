// npm run bench:browser: what the store costs in Chromium, on a profile of its own, beside plain
// IndexedDB in the same run; prints a table and writes it into docs/benchmarks.md.
// npm run bench:browser -- [--sizes=10000,...] [--writes=N]: a quick look, which does not change the page.
// npm run bench:browser -- --check: only checks that everything still runs (npm test).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectGarbage, launch, rendererBytes, serve } from '../tests/bench/browser/chromium.mjs';
import { median, printTable } from '../tests/bench/browser/table.mjs';

/** An import gets a minute, and a second more for this many events. */
const LEAST_EVENTS_PER_SECOND = 4000;
const INGEST_BASE_MS = 60_000;
const FIRST_PAGE_TIMEOUT_MS = 120_000;
/** When no file changes for this long, background work is done; and the longest wait for that. */
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
function writeLines(folder, size) {
  const path = join(folder, `${size}.ndjson`);
  const program = `build/${preset}/tests/bench/cuesheet_bench`;
  execFileSync(program, [`--events=${size}`, `--write-lines=${path}`]);
  return statSync(path).size;
}

async function withBrowser(work) {
  const profile = mkdtempSync(join(tmpdir(), 'cuesheet-bench-'));
  const browser = await launch(profile);
  try {
    return await work(browser, profile);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A tab has a process of its own, so that no step sees the memory of the previous one. */
async function inTab(browser, url, work) {
  const page = await browser.newPage();
  try {
    await open(page, url);
    return await work(page);
  } finally {
    await page.close();
  }
}

async function open(page, url) {
  await page.goto(url);
  await page.waitForFunction(() => window.ready, null, { timeout: FIRST_PAGE_TIMEOUT_MS });
}

/** Milliseconds from navigation to the first page, of each of several reloads. */
function firstPages(browser, url) {
  return inTab(browser, url, async (page) => {
    const times = [];
    for (let i = 0; i < options.reloads; i++) {
      await page.reload();
      const limit = { timeout: FIRST_PAGE_TIMEOUT_MS };
      const handle = await page.waitForFunction(() => window.bench?.firstPage(), null, limit);
      times.push(await handle.jsonValue());
    }
    return times;
  });
}

/** Waits until background work is done: no file is added or removed. */
async function untilQuiet(page) {
  const end = Date.now() + QUIET_TIMEOUT_MS;
  for (let last = ''; Date.now() < end;) {
    const now = JSON.stringify(await page.evaluate(() => window.bench.fileNames()));
    if (now === last) return;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
  say('  the files did not come to rest');
}

/** Bytes of the renderers with a database of this many events open and at rest. */
function memory(browser, profile, url) {
  return inTab(browser, url, async (page) => {
    await page.evaluate(() => window.bench.loaded());
    await untilQuiet(page);
    await collectGarbage(await browser.newCDPSession(page));
    return rendererBytes(profile);
  });
}

async function measureRaw(browser, url) {
  say('plain IndexedDB ...');
  const bytesPerSecond = await inTab(browser, url, (page) =>
    page.evaluate(
      async (mebibytes) => {
        await window.bench.rawFill();
        return window.bench.rawBytesPerSecond(mebibytes);
      },
      options.check ? 2 : RAW_MEBIBYTES,
    ),
  );
  return { bytesPerSecond, firstPage: median(await firstPages(browser, `${url}?raw`)) };
}

/** Events a second of an import into a new database; null when it took too long. */
function measureIngest(browser, url, server, size) {
  const limit = INGEST_BASE_MS + (size / LEAST_EVENTS_PER_SECOND) * 1000;
  return inTab(browser, url, async (page) => {
    const path = `${server}lines/${size}.ndjson`;
    const ingest = await page.evaluate((it) => window.bench.ingest(it.path, it.limit), {
      path,
      limit,
    });
    if (!ingest) {
      say(`  not done after ${limit / 1000} s`);
      return null;
    }
    if (ingest.events !== size) throw new Error(`${ingest.events} of ${size} events came in`);
    await untilQuiet(page);
    await page.evaluate(() => window.bench.close());
    return size / ingest.seconds;
  });
}

/** Milliseconds of each of many dispatches, and of as many plain puts beside them. */
function measureWrites(browser, url, durability) {
  return inTab(browser, `${url}&durability=${durability}`, async (page) => {
    const all = { count: options.writes, durability };
    const times = await page.evaluate((it) => window.bench.writes(it.count, it.durability), all);
    await page.evaluate(() => window.bench.close());
    return times;
  });
}

async function measureBytes(browser, server, size) {
  const sizes = await inTab(browser, server, (page) =>
    page.evaluate(() => window.bench.fileSizes()),
  );
  const sum = (files) => files.reduce((total, [, length]) => total + length, 0);
  const files = Object.entries(sizes);
  const cold = sum(files.filter(([name]) => /\/payload-\d+$/.test(name)));
  const bytes = sum(files) / size;
  // Payloads have files of their own from the first checkpoint on.
  return { bytes, bytesWithout: cold > 0 ? bytes - cold / size : null };
}

/** Everything about a database of one size; null when the import took too long. */
async function measure(browser, profile, server, size) {
  const url = `${server}?database=bench`;
  say(`${size} events: import ...`);
  const empty = await memory(browser, profile, `${server}?database=empty`);
  const ingest = await measureIngest(browser, url, server, size);
  if (ingest === null) return null;
  say(`${size} events: bytes, reload, memory ...`);
  const stored = await measureBytes(browser, server, size);
  const firstPage = median(await firstPages(browser, url));
  const used = await memory(browser, profile, url);
  say(`${size} events: write ...`);
  return {
    ingest,
    firstPage,
    memory: (used - empty) / size,
    ...stored,
    relaxed: await measureWrites(browser, url, 'relaxed'),
    strict: await measureWrites(browser, url, 'strict'),
  };
}

execFileSync('bash', ['scripts/build'], { stdio: ['ignore', 'ignore', 'inherit'] });
execFileSync('bash', ['scripts/build-tests', preset, 'cuesheet_bench'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
const folder = mkdtempSync(join(tmpdir(), 'cuesheet-lines-'));
const server = await serve(folder);
try {
  const raw = await withBrowser((browser) => measureRaw(browser, server.url));
  const runs = [];
  for (const size of options.sizes) {
    const lineBytes = writeLines(folder, size) / size;
    const figures = await withBrowser((browser, profile) =>
      measure(browser, profile, server.url, size),
    );
    runs.push({ size, lineBytes, figures });
    rmSync(join(folder, `${size}.ndjson`));
  }
  const page = options.check || options.look ? null : 'docs/benchmarks.md';
  printTable(raw, runs, page, !options.check);
  if (options.check && runs.some(({ figures }) => figures === null)) process.exitCode = 1;
} finally {
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
