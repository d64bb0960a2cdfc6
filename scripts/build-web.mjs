// Bundles the npm package and the viewer page into dist/: npm run build.
import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { injectManifest } from 'workbox-build';

const MODULES = 'build/wasm-release/wasm';
/** Source maps of what is in dist/, at the same paths; nobody is given them (npm run coverage). */
const MAPS = 'build/maps';

for (const folder of ['dist', MAPS]) rmSync(folder, { recursive: true, force: true });

const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': '"production"' },
  sourcemap: 'external',
  metafile: true,
};

// In browsers: the worker carries the wasm glue; libraries other than our own stay outside of the
// package's entries and go into the page.
const browser = [
  { entryPoints: { index: 'web/client/index.ts' }, outdir: 'dist/client' },
  { entryPoints: { worker: 'worker/browser/entry.ts' }, outdir: 'dist/client' },
  { entryPoints: { index: 'web/react/index.ts' }, outdir: 'dist/react', packages: 'external' },
  { entryPoints: { index: 'web/viewer/index.ts' }, outdir: 'dist/viewer', packages: 'external' },
  { entryPoints: { worker: 'worker/browser/entry.ts' }, outdir: 'dist/page' },
  { entryPoints: { page: 'web/viewer/page/page.ts' }, outdir: 'dist/page' },
  { entryPoints: { 'service-worker': 'web/viewer/page/service-worker.ts' }, outdir: 'dist/page' },
];
const node = {
  entryPoints: {
    index: 'worker/edge/hub.ts',
    node: 'worker/edge/runtimes/node.ts',
    deno: 'worker/edge/runtimes/deno.ts',
    bun: 'worker/edge/runtimes/bun.ts',
    cloudflare: 'worker/edge/runtimes/cloudflare.ts',
    cli: 'worker/edge/cli.ts',
  },
  outdir: 'dist/hub',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  external: ['./cuesheet-hub.wasm'], // a module of the Worker
  splitting: true,
  chunkNames: 'shared-[hash]',
};

for (const { metafile } of await Promise.all(
  [...browser, node].map((options) => build({ ...shared, ...options })),
)) {
  for (const path of Object.keys(metafile.outputs).filter((name) => name.endsWith('.map'))) {
    const to = join(MAPS, path.slice('dist/'.length));
    mkdirSync(dirname(to), { recursive: true });
    renameSync(path, to);
  }
}
for (const [folder, module] of [
  ['dist/client', 'cuesheet.wasm'],
  ['dist/page', 'cuesheet.wasm'],
  ['dist/hub', 'cuesheet-hub.wasm'],
]) {
  mkdirSync(folder, { recursive: true });
  cpSync(`${MODULES}/${module}`, `${folder}/${module}`);
}
for (const file of ['index.html', 'style.css', 'icon.svg']) {
  cpSync(`web/viewer/page/${file}`, `dist/page/${file}`);
}
const manifest = await injectManifest({
  swSrc: 'dist/page/service-worker.js',
  swDest: 'dist/page/service-worker.js',
  globDirectory: 'dist/page',
  globPatterns: ['*.{html,js,css,svg,wasm}'],
  globIgnores: ['service-worker.js'],
});
for (const warning of manifest.warnings) console.warn(warning);
