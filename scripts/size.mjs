// Bytes that a page downloads, raw, gzip and brotli: npm run size. Fails over the budget of the wasm.
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const WASM_BUDGET_GZIP = 236 * 1024;

const files = [
  ['wasm', 'dist/page/cuesheet.wasm'],
  ['worker (with glue)', 'dist/page/worker.js'],
  ['page (client, viewer)', 'dist/page/page.js'],
  ['client alone', 'dist/client/index.js'],
];
const number = (value) => value.toLocaleString('en').padStart(10);
console.log(
  `${'file'.padEnd(24)}${'raw'.padStart(10)}${'gzip'.padStart(10)}${'brotli'.padStart(10)}`,
);
let over = false;
for (const [title, path] of files) {
  const bytes = readFileSync(path);
  const gzip = gzipSync(bytes, { level: 9 }).length;
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length;
  console.log(title.padEnd(24) + number(bytes.length) + number(gzip) + number(brotli));
  if (title === 'wasm' && gzip > WASM_BUDGET_GZIP) over = true;
}
if (over) {
  console.error(`the wasm is over its budget of ${WASM_BUDGET_GZIP} bytes gzip`);
  process.exit(1);
}
