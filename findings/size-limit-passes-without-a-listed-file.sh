#!/usr/bin/env bash
# Versions: size-limit 12.1.0, @size-limit/file 12.1.0, Node 20.20.2.
#
# One would guess: a file that the configuration names and that is not there fails the check. size-limit does say
#   "can't find files" for a `path` that matches none.
#
# Behaviour: of a list of paths one that exists is enough. When a build renames one of the files, or no longer writes
#   it, its bytes leave the sum and the check passes, with more room than before. A limit of 0 counts as no limit, and
#   passes too.
#
# Seen (each file has 1,000 bytes):
#   path ["a.bin","b.bin"], limit "1500 B": exit code 1, 2000 B
#   path ["a.bin","gone.bin"], limit "1500 B": exit code 0, 1000 B
#   path "gone.bin", limit "1500 B": exit code 1, 0 B
#   path "a.bin", limit 0: exit code 0, 1000 B
#   path "a.bin", limit 1: exit code 1, 1000 B
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"devDependencies":{"@size-limit/file":"12.1.0"}}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund size-limit@12.1.0 @size-limit/file@12.1.0
head -c 1000 /dev/zero >a.bin
cp a.bin b.bin

run() { # PATH LIMIT
  local code=0 size
  echo "[{ \"path\": $1, \"limit\": $2, \"brotli\": false, \"gzip\": false }]" >.size-limit.json
  timeout 30 npx size-limit --json >report.json 2>error.txt || code=$?
  size="$(grep -o '"size": [0-9]*' report.json | sed 's/"size": \(.*\)/\1 B/')"
  echo "path $1, limit $2: exit code $code, $size" | tee -a seen.txt
}
run '["a.bin","b.bin"]' '"1500 B"'
run '["a.bin","gone.bin"]' '"1500 B"'
run '"gone.bin"' '"1500 B"'
run '"a.bin"' 0
run '"a.bin"' 1
if [ "$(grep -o 'exit code [0-9]' seen.txt | grep -o '[0-9]$' | paste -sd '')" != 10101 ]; then
  echo 'Changed: a listed file that is missing fails the check, or a limit of 0 is one.' >&2
  exit 1
fi
