// Line coverage of web/ and worker/ by the tests: npm run coverage.
// usage: node scripts/coverage.mjs [--report] [ARGUMENT OF VITEST...]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { CoverageReport } from 'monocart-coverage-reports';

/** Of all lines of code, in percent. */
const LEAST = 95;
const FOLDER = resolve('build/coverage');
const ROOMS = ['web', 'worker'];

/** Runs the tests with collection on. */
function collect(args) {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const env = { ...process.env, CUESHEET_COVERAGE: FOLDER };
  return (
    spawnSync('node_modules/.bin/vitest', ['run', ...args], { env, stdio: 'inherit' }).status ?? 1
  );
}

const hashOf = (text) => createHash('sha256').update(text).digest('hex');

function filesOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Source maps of the bundles in dist/, by the hash of their text. */
function mapsByHash() {
  const maps = new Map();
  for (const path of filesOf('build/maps')) {
    const bundle = join('dist', relative('build/maps', path).slice(0, -'.map'.length));
    const map = JSON.parse(readFileSync(path, 'utf8'));
    map.sources = map.sources.map((name) => relative('.', resolve(join(bundle, '..'), name)));
    maps.set(hashOf(readFileSync(bundle)), map);
  }
  return maps;
}

/** What one file of results says of scripts that have a source map. */
function readResults(path, maps) {
  const said = JSON.parse(readFileSync(path, 'utf8'));
  return (said.result ?? [said]).flatMap(({ url, functions, source }) => {
    const file = source ? join(FOLDER, 'sources', source) : pathOf(url);
    if (!file || !existsSync(file)) return [];
    const text = readFileSync(file, 'utf8');
    const sourceMap = maps.get(source ?? hashOf(text));
    if (!sourceMap && !text.includes('//# sourceMappingURL=data:')) return [];
    return [
      { url, functions, source: text, ...(sourceMap && { sourceMap: structuredClone(sourceMap) }) },
    ];
  });
}

/** The file of ours that a process ran; null = something else. */
function pathOf(url) {
  if (!url?.startsWith('file:')) return null;
  const path = fileURLToPath(url);
  return ['dist', 'build'].some((name) => path.startsWith(`${resolve(name)}/`)) ? path : null;
}

/** What is known of every line of the sources: `{ [path]: { [line]: 0, a count, or '1/2' = in part } }`. */
async function mergeResults() {
  const maps = mapsByHash();
  const coverage = new CoverageReport({
    outputDir: join(FOLDER, 'report'),
    logging: 'error',
    reports: ['v8-json'],
    sourcePath: (path) => path.replace(/^.*?((web|worker)\/)/, '$1'),
    sourceFilter: (path) => ROOMS.some((room) => path.startsWith(`${room}/`)) && existsSync(path),
  });
  for (const path of filesOf(FOLDER).filter((name) => name.endsWith('.json'))) {
    const scripts = readResults(path, maps);
    if (scripts.length > 0) await coverage.add(scripts);
  }
  const results = await coverage.generate();
  return new Map(results.files.map((file) => [file.sourcePath, file.data.lines]));
}

const IMPORTS = /^(?:import|export)\b[^;]*?\bfrom ".*";$/gm;

/** The lines that the compiler makes code of: no types, comments, imports or lone brackets. */
function linesOfCode(path) {
  const source = readFileSync(path, 'utf8');
  const { code, map } = transformSync(source, {
    loader: 'ts',
    sourcemap: 'external',
    sourcefile: path,
    target: 'es2022',
  });
  const entries = new SourceMap(JSON.parse(map));
  const rest = code.replace(IMPORTS, (text) => text.replace(/[^\n]/g, ''));
  const lines = new Set();
  for (const [line, text] of rest.split('\n').entries()) {
    for (let column = 0; column < text.length; column++) {
      const { originalLine } = entries.findEntry(line, column);
      if (originalLine !== undefined) lines.add(originalLine + 1);
    }
  }
  const texts = source.split('\n');
  return [...lines].filter((line) => /\w/.test(texts[line - 1])).sort((a, b) => a - b);
}

function countFile(path, known) {
  const lines = linesOfCode(path).filter((line) => !known || known[line] !== undefined);
  const missed = lines.filter((line) => !known?.[line]);
  const partly = lines.filter((line) => typeof known?.[line] === 'string');
  return { path, lines: lines.length, missed, partly };
}

function ranges(lines) {
  const parts = [];
  for (const line of lines) {
    const last = parts.at(-1);
    if (last && line === last[1] + 1) last[1] = line;
    else parts.push([line, line]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(' ');
}

const percent = (part, all) => (all === 0 ? 100 : Math.floor((10_000 * part) / all) / 100);

function printLine(title, files, detail = '') {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  const missed = files.reduce((sum, file) => sum + file.missed.length, 0);
  const partly = files.reduce((sum, file) => sum + file.partly.length, 0);
  const reached = percent(lines - missed, lines);
  const cells = [lines, lines - missed, partly].map((cell) => String(cell).padStart(7));
  console.log(`${title.padEnd(42)}${cells.join('')}${reached.toFixed(2).padStart(8)}  ${detail}`);
  return reached;
}

/** Prints the table; gives what is covered of all lines, in percent. */
async function report() {
  const known = await mergeResults();
  const files = ROOMS.flatMap(filesOf)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => countFile(path, known.get(path)))
    .filter(({ lines }) => lines > 0);
  console.log(`${'file'.padEnd(42)}  lines covered partly       %  not covered`);
  for (const file of files) printLine(file.path, [file], ranges(file.missed));
  for (const room of ROOMS) {
    printLine(
      `${room}/`,
      files.filter(({ path }) => path.startsWith(`${room}/`)),
    );
  }
  return printLine('total', files);
}

const args = process.argv.slice(2);
const reportOnly = args[0] === '--report';
const status = reportOnly ? 0 : collect(args);
const reached = await report();
const enough = reached >= LEAST;
console.log(
  `coverage: ${reached.toFixed(2)} % of the lines, ${enough ? 'at least' : 'less than'} ${LEAST} %`,
);
process.exit(status || (enough ? 0 : 1));
