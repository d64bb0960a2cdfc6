// npm run dev [-- --port 5173] [FLAG OF THE HUB...]: the event viewer from its sources, which reloads when one of them is
// saved, against a hub of its own with sample events. The core and the hub are those of dist/, brought up to date at the
// start; `npm run build` in another terminal reloads the page when the module of the page is a new one.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createServer } from 'vite';
import { SIGNED_IN, startHub } from './hub-child.mjs';

const PAGE = 'web/viewer/page';
const MODULE = resolve('dist/client/cuesheet.wasm');
/** What the client asks for beside its own file: the worker from its sources, the module as it was built. */
const WORKER = /\/worker\.js(\?|$)/;
const WASM = /\/cuesheet\.wasm(\?|$)/;

const flags = process.argv.slice(2);
const at = flags.indexOf('--port');
const port = at === -1 ? 5173 : Number(flags.splice(at, 2)[1]);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error('usage: npm run dev [-- --port N] [FLAG OF THE HUB...]');
  process.exit(2);
}

const built = spawnSync('bash', ['scripts/build'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const hub = await startHub(['--data', 'build/dev', ...flags], { ready: SIGNED_IN });
const server = await createServer({
  configFile: false,
  root: PAGE,
  cacheDir: resolve('build/vite'),
  clearScreen: false,
  server: {
    host: '127.0.0.1',
    port,
    fs: { allow: [resolve('.')] },
    proxy: {
      '/api': hub.url,
      '/graphql': hub.url,
      '/ws': { target: hub.url, ws: true },
    },
  },
  plugins: [{ name: 'cuesheet', configureServer, transformIndexHtml }],
});
await server.listen();
const url = server.resolvedUrls.local[0];
console.log(`open the event viewer: ${url}#token=${hub.token}`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.removeAllListeners(signal); // Vite's own ends the process before the hub has ended
  process.once(signal, () => void stop(0));
}
hub.ended.then(() => stop(1));

function transformIndexHtml(html) {
  return html.replace('src="page.js"', 'src="page.ts"');
}

function configureServer({ middlewares, watcher, ws }) {
  middlewares.use((request, response, next) => {
    if (WORKER.test(request.url)) request.url = `/@fs${resolve('worker/browser/entry.ts')}`;
    else if (WASM.test(request.url)) {
      response.setHeader('content-type', 'application/wasm');
      response.setHeader('cache-control', 'no-store');
      return response.end(readFileSync(MODULE));
    } else if (request.url.startsWith('/service-worker.js')) {
      // it would keep what is being edited
      response.statusCode = 404;
      return response.end();
    }
    return next();
  });
  watcher.add(MODULE);
  watcher.on('change', (path) => {
    if (path === MODULE) ws.send({ type: 'full-reload' });
  });
}

let stopping = false;
async function stop(code) {
  if (stopping) return;
  stopping = true;
  await server.close();
  await hub.stop();
  process.exit(code);
}
