// Line coverage of web/ and worker/ by the tests: npm run coverage.
// usage: node scripts/coverage.mjs [--report] [ARGUMENT OF VITEST...]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { CoverageReport } from 'monocart-coverage-reports';

/** Of all lines of code, in percent. */
const LEAST = 95;
const FOLDER = resolve('build/coverage');
const ROOMS = ['web', 'worker'];

/** Builds what is tested, and runs the tests with collection on. Gives the exit code. */
function collect(args) {
  const built = spawnSync('bash', ['scripts/build'], { stdio: 'inherit' }).status;
  if (built !== 0) throw new Error('the build failed');
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const env = { ...process.env, CUESHEET_COVERAGE: FOLDER };
  const vitest = ['node_modules/.bin/vitest', 'run', ...args];
  return spawnSync(process.execPath, vitest, { env, stdio: 'inherit' }).status ?? 1;
}

const hashOf = (text) => createHash('sha256').update(text).digest('hex');

function filesOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The same map with sources as paths from here; they are given from the folder of what it maps. */
function placed(map, folder) {
  const sources = map.sources.map((name) => relative('.', resolve(folder, name)));
  return { ...map, sources };
}

/** Source maps of the bundles in dist/, by the hash of their text. */
function mapsByHash() {
  const maps = new Map();
  for (const path of filesOf('build/maps')) {
    const bundle = join('dist', relative('build/maps', path).slice(0, -'.map'.length));
    const map = JSON.parse(readFileSync(path, 'utf8'));
    maps.set(hashOf(readFileSync(bundle)), placed(map, dirname(bundle)));
  }
  return maps;
}

const INLINE = /\/\/# sourceMappingURL=data:application\/json;[^,]*base64,(\S+)/;

/** The source map inside a text: of one module (`path`), or of a bundle that a test has made. */
function inlineMap(text, path) {
  const encoded = INLINE.exec(text)?.[1];
  if (!encoded) return null;
  return placed(JSON.parse(Buffer.from(encoded, 'base64')), path ? dirname(path) : '.');
}

/** The results in one file for scripts that have a source map. */
function readResults(path, maps) {
  const said = JSON.parse(readFileSync(path, 'utf8'));
  return (said.result ?? [said]).flatMap(({ url, functions, source: hash }) => {
    const script = url?.startsWith('file:') ? fileURLToPath(url) : null;
    const file = hash ? join(FOLDER, 'sources', hash) : script;
    if (!file || (!hash && !isBuilt(file)) || !existsSync(file)) return [];
    const source = readFileSync(file, 'utf8');
    const known = maps.get(hash ?? hashOf(source));
    const sourceMap = known ? structuredClone(known) : inlineMap(source, script);
    return sourceMap ? [{ url, functions, source, sourceMap }] : [];
  });
}

const isBuilt = (path) => ['dist', 'build'].some((name) => path.startsWith(`${resolve(name)}/`));

/** The coverage of every line of the sources: `{ [path]: { [line]: 0, a count, or '1/2' = in part } }`. */
async function mergeResults() {
  const maps = mapsByHash();
  const coverage = new CoverageReport({
    outputDir: join(FOLDER, 'report'),
    logging: 'error',
    reports: ['v8'],
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
const status = args[0] === '--report' ? 0 : collect(args);
const reached = await report();
const enough = reached >= LEAST;
const verdict = `${enough ? 'at least' : 'less than'} ${LEAST} %${status === 0 ? '' : ', and tests failed'}`;
console.log(`coverage: ${reached.toFixed(2)} % of the lines, ${verdict}`);
process.exit(status === 0 && enough ? 0 : 1);
