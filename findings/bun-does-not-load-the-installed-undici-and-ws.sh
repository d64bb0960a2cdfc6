#!/usr/bin/env bash
# Versions: Bun 1.4.5 (npm's @oven/bun-linux-x64), undici 7.24.8, ws 8.23.0, Node 20.20.2 for comparison.
#
# One would guess: import 'undici' and import 'ws' load what package.json pins and node_modules holds, as any
#   other package that is installed.
#
# Behaviour: Bun has parts of its own under these two names and never reads the installed packages. Its undici
#   has the names, not the work: the MockAgent has no methods. So tests that run green on Node against a mock
#   fail on Bun, and an update of the pinned version changes nothing there.
#
# Seen:
#   Node 20.20.2: undici is node_modules/undici/index.js, ws is node_modules/ws/wrapper.mjs
#   Node 20.20.2: MockAgent has disableNetConnect: true
#   Node 20.20.2: ws has PerMessageDeflate: true
#   Bun 1.4.5: undici is undici, ws is ws
#   Bun 1.4.5: MockAgent has disableNetConnect: false
#   Bun 1.4.5: ws has PerMessageDeflate: false
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund undici@7.24.8 ws@8.23.0 @oven/bun-linux-x64@1.4.5

cat >see.js <<'END'
import process from 'node:process';
import { MockAgent } from 'undici';
import * as ws from 'ws';

const name = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`;
const short = (address) => address.replace(/^.*node_modules/, 'node_modules');
const where = ['undici', 'ws'].map((name) => short(import.meta.resolve(name)));
console.log(`${name}: undici is ${where[0]}, ws is ${where[1]}`);

console.log(`${name}: MockAgent has disableNetConnect: ${typeof new MockAgent().disableNetConnect === 'function'}`);
console.log(`${name}: ws has PerMessageDeflate: ${'PerMessageDeflate' in ws}`);
const isReplaced = where.join() === 'undici,ws';
if (isReplaced !== Boolean(process.versions.bun)) {
  console.error('Changed: Bun loads the installed packages, or Node does not.');
  process.exit(1);
}
process.exit(0);
END
timeout 30 node see.js
timeout 30 node_modules/@oven/bun-linux-x64/bin/bun see.js
