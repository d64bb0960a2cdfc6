#!/usr/bin/env bash
# Versions: @biomejs/biome 2.6.8, Node 20.20.2.
#
# One would guess: `files.includes` says which files Biome looks at. A folder that none of its patterns includes cannot
#   change what a run does, and an exclusion of that folder on top adds nothing.
#
# Behaviour: Biome looks for nested configurations in the whole project, whatever is included. A copy of the project in
#   an output folder has a root configuration of its own, and then the run of the project ends with an error, although no
#   file of that folder would be linted. With `!build` behind the same patterns the folder is left alone.
#
# Seen:
#   no pattern includes build: Found a nested root configuration
#   the same, and !build: Checked 2 file
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir project && cd project
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @biomejs/biome@2.6.8
mkdir -p src build/copy/src
echo 'export const one = 1;' | tee src/one.ts >build/copy/src/one.ts
echo '{}' >build/copy/biome.json

seen=
try() { # TITLE PATTERNS
  echo "{\"files\":{\"includes\":[$2]}}" >biome.json
  local output
  output=$(node_modules/.bin/biome lint --colors=off 2>&1 || true)
  seen+="$1: $(grep -oE -m1 'Found a nested root configuration|Checked [0-9]+ file' <<<"$output")"$'\n'
}
try 'no pattern includes build' '"src/**"'
try 'the same, and !build' '"src/**","!build"'
printf '%s' "$seen"
[ "$seen" = 'no pattern includes build: Found a nested root configuration
the same, and !build: Checked 2 file
' ] || { echo "this has changed" >&2 && exit 1; }
