// Bytes that a page downloads, raw, gzip and brotli: npm run size. Fails over a budget.
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';

const KIB = 1024;

/** What an app's bundler makes of an entry and the libraries it needs. */
function bundled(path) {
  const { outputFiles } = buildSync({
    entryPoints: [path],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    write: false,
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outputFiles[0].contents;
}

// title, bytes, budget in bytes of gzip
const files = [
  ['wasm', readFileSync('dist/page/cuesheet.wasm'), 226 * KIB],
  ['worker (with glue)', readFileSync('dist/page/worker.js')],
  ['page (client, viewer)', readFileSync('dist/page/page.js')],
  ['client on the main thread', readFileSync('dist/client/index.js'), 8 * KIB],
  ['viewer (with Lit)', bundled('dist/viewer/index.js'), 40 * KIB],
];
const number = (value) => value.toLocaleString('en').padStart(10);
const line = (title, ...cells) => console.log(title.padEnd(28) + cells.join(''));
line('file', ...['raw', 'gzip', 'brotli', 'budget'].map((name) => name.padStart(10)));
for (const [title, bytes, budget] of files) {
  const gzip = gzipSync(bytes, { level: 9 }).length;
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length;
  const sizes = [bytes.length, gzip, brotli].map(number);
  line(title, ...sizes, budget === undefined ? '' : number(budget));
  if (budget !== undefined && gzip >= budget) {
    console.error(`${title}: ${gzip} bytes gzip, the budget is less than ${budget}`);
    process.exitCode = 1;
  }
}
