#!/usr/bin/env bash
# Versions: Deno 2.9.6 (npm's deno); Node 20.20.2 and Bun 1.4.5 (npm's @oven/bun-linux-x64) for comparison. Linux,
#   x86-64.
#
# One would guess: unlink() of node:fs removes files and refuses folders, as unlink(2) of the system and Node do. A
#   program that clears a folder of its files leaves the folders in it alone, or hears EISDIR.
#
# Behaviour: in Deno unlinkSync(), unlink() and fs.promises.unlink() remove an empty folder without an error, and
#   refuse a full one with ENOTEMPTY instead of EISDIR: code that asks for EISDIR to tell folders from files takes
#   the wrong way. rmSync() refuses as in Node.
#
# Seen:
#   Node: unlinkSync of an empty folder: EISDIR | unlink: EISDIR | promises.unlink: EISDIR | of a full one: EISDIR | rmSync: ERR_FS_EISDIR
#   Deno: unlinkSync of an empty folder: removed | unlink: removed | promises.unlink: removed | of a full one: ENOTEMPTY | rmSync: ERR_FS_EISDIR
#   Bun: unlinkSync of an empty folder: EISDIR | unlink: EISDIR | promises.unlink: EISDIR | of a full one: EISDIR | rmSync: ERR_FS_EISDIR
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund deno@2.9.6 @oven/bun-linux-x64@1.4.5

cat >see.mjs <<'END'
import * as fs from 'node:fs';
import process from 'node:process';
import { promisify } from 'node:util';

const name = 'Bun' in globalThis ? 'Bun' : 'Deno' in globalThis ? 'Deno' : 'Node';
const root = fs.mkdtempSync(`${process.cwd()}/folders-`);
let folders = 0;
async function remove(how, isFull = false) {
  folders += 1;
  const folder = `${root}/${folders}`;
  fs.mkdirSync(folder);
  if (isFull) fs.writeFileSync(`${folder}/file`, '');
  try {
    await how(folder);
  } catch ({ code }) {
    return code;
  }
  return fs.existsSync(folder) ? 'kept' : 'removed';
}
const seen = {
  'unlinkSync of an empty folder': await remove(fs.unlinkSync),
  unlink: await remove(promisify(fs.unlink)),
  'promises.unlink': await remove(fs.promises.unlink),
  'of a full one': await remove(fs.unlinkSync, true),
  rmSync: await remove((folder) => fs.rmSync(folder)),
};
console.log(`${name}: ${Object.entries(seen).map((pair) => pair.join(': ')).join(' | ')}`);
const unlinked = name === 'Deno' ? 'removed,removed,removed,ENOTEMPTY' : 'EISDIR,EISDIR,EISDIR,EISDIR';
if (Object.values(seen).join() !== `${unlinked},ERR_FS_EISDIR`) {
  console.error('Changed: unlink() treats folders otherwise.');
  process.exit(1);
}
END
timeout 20 node see.mjs
timeout 20 node_modules/@deno/linux-x64-glibc/deno run -A see.mjs
timeout 20 node_modules/@oven/bun-linux-x64/bin/bun see.mjs
