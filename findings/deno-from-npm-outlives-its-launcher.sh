#!/usr/bin/env bash
# Versions: Deno 2.9.6 (npm's deno, x86-64), Node 20.20.2, npm 10.
#
# One would guess: whoever starts `node_modules/.bin/deno` and sends it SIGTERM, as a supervisor, a test or `kill` does,
#   ends the program that Deno runs, however the package was installed.
#
# Behaviour: after `npm install --ignore-scripts`, which many use for safety, the command is a launcher in Node that waits in
#   spawnSync() and hands no signal on. SIGTERM ends the launcher at once; Deno goes on, keeps its port, and belongs to
#   process 1 from then on. A Ctrl+C in a terminal hides this, because it reaches the whole group. With install scripts the
#   command becomes Deno itself.
#
# Seen:
#   installed with --ignore-scripts: the command has ended by SIGTERM, the program runs on
#   installed with scripts: the command has ended by SIGTERM, the program has ended
set -euo pipefail
work="$(mktemp -d)"
program=
trap '[ -z "$program" ] || kill "$program" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
for kind in plain scripts; do
  mkdir $kind
  echo '{"private":true}' >$kind/package.json
done
(cd plain && npm install --silent --no-audit --no-fund --ignore-scripts deno@2.9.6)
(cd scripts && npm install --silent --no-audit --no-fund deno@2.9.6)
cat >serve.mjs <<'END'
import { writeFileSync } from 'node:fs';
import process from 'node:process';
writeFileSync('program.pid', String(process.pid));
setTimeout(() => process.exit(0), 60_000);
END

state() { # PID: whether it runs; one that nobody has reaped does not
  local stat
  stat=$(sed -n 's/^State:\s*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || true
  case "$stat" in '' | Z | X) echo "has ended" ;; *) echo "runs on" ;; esac
}

see() { # FOLDER EXPECTED WORDS
  rm -f program.pid
  "$1/node_modules/.bin/deno" run -A serve.mjs &
  local command=$! tries status=0 seen
  for tries in $(seq 150); do
    [ -s program.pid ] && break
    [ "$tries" -lt 150 ] || { echo "deno did not start"; exit 1; }
    sleep 0.2
  done
  program=$(cat program.pid)
  kill -TERM "$command"
  wait "$command" || status=$?
  sleep 2
  seen="$(state "$program")"
  echo "installed with $3: the command has ended by SIGTERM, the program $seen"
  [ "$status" = $((128 + 15)) ] && [ "$seen" = "$2" ] || { echo "Changed: status $status"; exit 1; }
  kill "$program" 2>/dev/null || true
  program=
}

see plain "runs on" --ignore-scripts
see scripts "has ended" scripts
