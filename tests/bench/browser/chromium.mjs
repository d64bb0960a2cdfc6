// Chromium on a profile of its own, the server of its pages, and the memory of its processes.
import { execFileSync } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, extname, join } from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};
// As most pages are served: not isolated, because Chromium gives the SharedWorker of an isolated page
// a process of its own (0.2 ms there and back instead of 0.03). Their clock ticks every 0.1 ms.
const HEADERS = { 'cache-control': 'max-age=3600' };

export function launch(profile) {
  return chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: FLAGS,
    headless: true,
  });
}

/** Serves dist/client, the page of the benchmarks and `/lines/FILE` of a folder, on 127.0.0.1. */
export async function serve(folder) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    if (path.startsWith('/lines/')) {
      response.writeHead(200, { ...HEADERS, 'cache-control': 'no-store' });
      createReadStream(join(folder, basename(path))).pipe(response);
      return;
    }
    const name = path === '/' ? 'page.html' : basename(path);
    const from = name.startsWith('page.') ? 'tests/bench/browser' : 'dist/client';
    try {
      const bytes = readFileSync(join(from, name));
      response.writeHead(200, { ...HEADERS, 'content-type': TYPES[extname(name)] }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => server.close(),
  };
}

/** Of the page and of the SharedWorker, whose events the page shows. */
export async function collectGarbage(devtools) {
  await devtools.send('HeapProfiler.collectGarbage');
  const { targetInfos } = await devtools.send('Target.getTargets');
  for (const { targetId } of targetInfos.filter(({ type }) => type === 'shared_worker')) {
    const attach = { targetId, flatten: false };
    const { sessionId } = await devtools.send('Target.attachToTarget', attach);
    const done = new Promise((resolve) => {
      devtools.on('Target.receivedMessageFromTarget', ({ message }) => {
        if (JSON.parse(message).id === 1) resolve();
      });
    });
    const message = JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' });
    await devtools.send('Target.sendMessageToTarget', { sessionId, message });
    await done;
  }
}

/**
 * Bytes that only the renderers of this profile's browser hold (Private_Dirty of /proc): pages,
 * workers, wasm memory.
 */
export function rendererBytes(profile) {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,args=', '-ww'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, args]) => ({ pid, parent, args }));
  const main = all.find(({ args }) => args.includes(profile) && !args.includes('--type='));
  if (!main) throw new Error('the browser is not running');
  const family = new Set([main.pid]);
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all
    .filter(({ pid, args }) => family.has(pid) && args.includes('--type=renderer'))
    .reduce((sum, { pid }) => sum + privateBytes(pid), 0);
}

function privateBytes(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Private_Dirty:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has just ended
  }
}
