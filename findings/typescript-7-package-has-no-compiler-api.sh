#!/usr/bin/env bash
# Versions: typescript 7.0.2, ts-node 10.9.2 for an example, Node 20.20.2.
#
# One would guess: a major version of the package `typescript` may change its API, but
#   `import ts from 'typescript'` still gives a compiler: ts.transpileModule, ts.createProgram.
#
# Behaviour: the main entry exports the version and nothing else. `tsc` of the same package works. Tools with
#   an open peer range (ts-node: "typescript": ">=2.7") install without a warning and fail when they are used. What
#   there is of an API lies under `typescript/unstable/…`.
#
# Seen:
#   tsc: Version 7.0.2
#   exports of typescript: version versionMajorMinor
#   ts-node one.ts ends with 1: TypeError: Cannot read properties of undefined (reading 'fileExists')
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund typescript@7.0.2 ts-node@10.9.2 @types/node@20.19.43

echo "tsc: $(timeout 60 node_modules/.bin/tsc --version)"
timeout 20 node -e 'console.log("exports of typescript:", Object.keys(require("typescript")).join(" "))' | tee exports.txt
echo 'const n: number = 1; console.log(n)' >one.ts
status=0
timeout 60 node_modules/.bin/ts-node one.ts >ts-node.txt 2>&1 || status=$?
echo "ts-node one.ts ends with $status: $(grep -m1 'Error' ts-node.txt || head -1 ts-node.txt)"
if grep -q 'transpileModule\|createProgram' exports.txt || [ "$status" = 0 ]; then
  echo 'Changed: the package has a compiler API again.' >&2
  exit 1
fi
