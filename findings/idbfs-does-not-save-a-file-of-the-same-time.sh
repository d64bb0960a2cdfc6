#!/usr/bin/env bash
# Versions: pyodide 314.0.7 (it brings Emscripten's IDBFS), fake-indexeddb 6.2.5, Node 20.20.2.
#
# One would guess: FS.syncfs(false) saves every file whose contents have changed since the last one.
#
# Behaviour: only modification times are compared, for "different", not for "newer"; sizes and contents are
#   not looked at. A file that is replaced by one of the same time (an archive unpacked with its times, Python's
#   shutil.copy2, a build with a fixed date) is not saved, though its size is another one, and syncfs reports
#   success. After a reload the old contents are back.
#
# Seen:
#   in memory after the second save: version 2, longer
#   loaded by a new instance:        version 1
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
  const python = await loadPyodide();
  const { FS } = python;
  FS.mkdir('/site');
  FS.mount(FS.filesystems.IDBFS, {}, '/site');
  const sync = (isLoading) =>
    new Promise((resolve, reject) => FS.syncfs(isLoading, (error) => (error ? reject(error) : resolve())));
  await sync(true);
  return { python, sync, read: (name) => FS.readFile(`/site/${name}`, { encoding: 'utf8' }) };
}
const first = await open();
first.python.runPython(`
import io, tarfile

def unpack(text):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("page.html")
        entry.size, entry.mtime = len(text), 1_700_000_000
        archive.addfile(entry, io.BytesIO(text.encode()))
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive:
        archive.extractall("/site", filter="data")
`);
first.python.runPython('unpack("version 1")');
await first.sync(false);
first.python.runPython('unpack("version 2, longer")');
await first.sync(false);
console.log('in memory after the second save:', first.read('page.html'));
const second = await open();
const stored = second.read('page.html');
console.log('loaded by a new instance:       ', stored);
if (stored !== 'version 1') {
  console.error('Changed: a file of the same time and another size is saved.');
  process.exit(1);
}
process.exit(0);
END
timeout 90 node see.mjs
