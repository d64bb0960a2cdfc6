// The arrow rule of docs/design.md: a room includes only rooms to its left, and the core reaches for
// nothing outside. usage: node scripts/check-arrows.mjs [ROOT]
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const ROOMS = ['base', 'event', 'table', 'query', 'jobs', 'journal', 'store', 'replica', 'hub'];
const RANK = new Map(ROOMS.map((room, index) => [room, room === 'hub' ? index - 1 : index]));
const OUTSIDE =
  /#include\s*[<"]emscripten|#include\s*<(thread|mutex|filesystem|fstream|iostream|random|chrono)>|(system|steady)_clock|random_device/;
// What each TypeScript folder may import, besides itself.
const MAY_IMPORT = {
  wasm: [],
  'worker/replica': ['wasm'],
  'worker/browser': ['wasm', 'worker/replica'],
  'worker/edge': ['wasm', 'worker/replica'],
  // Small modules without the wasm: what a page and its worker must do in the same way.
  'web/client': [
    'worker/browser/protocol',
    'worker/browser/locks',
    'worker/browser/patience',
    'worker/browser/unanswered',
    'worker/browser/versions',
    'wasm/entropy',
    'wasm/host-files',
    'wasm/import-lines',
  ],
  'web/react': ['web/client'],
  'web/viewer': ['web/client', 'worker/browser/protocol'],
};

/** The hub works on every runtime; these files of it need not. */
const OF_ONE_RUNTIME = /^worker\/edge\/(runtimes\/|commands\/|cli\.ts)/;
const RUNTIME_MODULES = /^(node|cloudflare|bun):|^ws$|(^|\/)worker\/edge\/(runtimes|commands)\//;

const root = process.argv[2] ?? '.';
const offences = [];

function walk(folder) {
  let names;
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

function eachLine(path, visit) {
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach((line, index) => {
      visit(line, `${relative(root, path)}:${index + 1}`);
    });
}

for (const path of walk(join(root, 'core')).filter((name) => /\.(cc|h)$/.test(name))) {
  const [, from, inner] = relative(root, path).split('/');
  eachLine(path, (line, where) => {
    if (inner !== 'testing' && OUTSIDE.test(line)) {
      offences.push(`${where}: core/ reaches for the outside: ${line.trim()}`);
    }
    const quoted = /^\s*#\s*include\s*"([^"]*)"/.exec(line)?.[1];
    if (quoted === undefined) return;
    const to = quoted.split('/')[0];
    if (to === from) return;
    if (!RANK.has(to) || RANK.get(to) >= RANK.get(from)) {
      offences.push(`${where}: ${from} must not include ${RANK.has(to) ? to : quoted}`);
    }
  });
}

for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
  for (const path of walk(join(root, folder)).filter((name) => name.endsWith('.ts'))) {
    eachLine(path, (line, where) => {
      const target = /(?:\bfrom|\bimport)\s*\(?\s*'([^']*)'/.exec(line)?.[1];
      if (!target) return;
      const file = relative(root, path);
      const isOurs = target.startsWith('.');
      const to = isOurs ? normalize(join(dirname(file), target)) : target;
      if (folder === 'worker/edge' && !OF_ONE_RUNTIME.test(file) && RUNTIME_MODULES.test(to)) {
        offences.push(`${where}: only runtimes/ and commands/ of ${folder} may import ${to}`);
      }
      if (isOurs && ![folder, ...allowed].some((prefix) => to.startsWith(prefix))) {
        offences.push(`${where}: ${folder} must not import ${to}`);
      }
    });
  }
}

for (const offence of offences) console.error(offence);
process.exit(offences.length > 0 ? 1 : 0);
