#!/usr/bin/env bash
# Versions: pyodide 314.0.7 (it brings Emscripten's IDBFS), fake-indexeddb 6.2.5, Node 20.20.2.
#
# One would guess: FS.syncfs(false) saves a state that the file system had at one moment: that of its call, or,
#   when files are written meanwhile, a later one. Its transaction in IndexedDB is all or nothing.
#
# Behaviour: the list of files is taken at the call, their contents are read later, when IndexedDB has answered.
#   A file that is made in between is not saved, a file that is changed in between is saved as it is then. So
#   "write the new segment, then the index that names it" ends, after a save that reported success, with the
#   new index and without the segment. The next save mends it, if there is one. Hold writes until the callback.
#
# Seen:
#   the save has reported success
#   a new instance loads the files: index segment-1
#   the index names:                segment-1 segment-2
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund pyodide@314.0.7 fake-indexeddb@6.2.5

cat >see.mjs <<'END'
import 'fake-indexeddb/auto';
import { loadPyodide } from 'pyodide';

async function open() {
  const { FS } = await loadPyodide();
  FS.mkdir('/store');
  FS.mount(FS.filesystems.IDBFS, {}, '/store');
  const sync = (isLoading) =>
    new Promise((resolve, reject) => FS.syncfs(isLoading, (error) => (error ? reject(error) : resolve())));
  await sync(true);
  return { FS, sync };
}
const { FS, sync } = await open();
FS.writeFile('/store/segment-1', 'events');
FS.writeFile('/store/index', 'segment-1');
await sync(false);
FS.writeFile('/store/index', 'segment-1 ');
const saving = sync(false);
FS.writeFile('/store/segment-2', 'more events');
FS.writeFile('/store/index', 'segment-1 segment-2');
await saving;
console.log('the save has reported success');
const after = await open();
const index = after.FS.readFile('/store/index', { encoding: 'utf8' });
const files = after.FS.readdir('/store').slice(2).sort().join(' ');
console.log('a new instance loads the files:', files);
console.log('the index names:               ', index);
if (index !== 'segment-1 segment-2' || files !== 'index segment-1') {
  console.error('Changed: a save holds one state of all files.');
  process.exit(1);
}
process.exit(0);
END
timeout 90 node see.mjs
