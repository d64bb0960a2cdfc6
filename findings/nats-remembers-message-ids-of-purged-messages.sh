#!/usr/bin/env bash
# Versions: nats-server 2.9.10 (Debian 12's; built here from the Go module, or taken from NATS_SERVER; 2.12.1
#   does the same), @nats-io/transport-node and jetstream 3.4.0, Node 20.20.2, Go 1.26.8.
#
# One would guess: a message id (Nats-Msg-Id) belongs to the message that was stored under it. When that
#   message was purged or deleted, publishing it again stores it again; and two subjects of a stream have ids of
#   their own.
#
# Behaviour: the ids are remembered for the stream's whole duplicate window (two minutes) apart from the
#   messages. After a purge, and after a delete of the one message, a publish with the same id is acknowledged
#   without an error (duplicate: true, with the sequence of a message that is not there), and nothing is stored.
#   So is other data under another subject of the stream. Only the flag in the acknowledgement tells.
#
# Seen:
#   nats-server: v2.9.10
#   first publish: acknowledged, sequence 1, duplicate false; messages in the stream: 1
#   after a purge: acknowledged, sequence 1, duplicate true; messages in the stream: 0
#   other subject and data: acknowledged, sequence 1, duplicate true; messages in the stream: 0
#   another id: acknowledged, sequence 2, duplicate false; messages in the stream: 1
#   after a delete of it: acknowledged, sequence 2, duplicate true; messages in the stream: 0
set -euo pipefail
work="$(mktemp -d)"
server_pid=''
finish() {
  [ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || true
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
server="${NATS_SERVER:-}"
if [ -z "$server" ]; then
  command -v go >/dev/null || { echo 'Go is missing: set PATH, or NATS_SERVER to nats-server 2.9.10' >&2; exit 2; }
  GOPATH="$work/go" GOCACHE="$work/cache" timeout 900 go install github.com/nats-io/nats-server/v2@v2.9.10 2>go.log
  server="$work/go/bin/nats-server"
fi
"$server" --version
echo '{"private":true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @nats-io/transport-node@3.4.0 @nats-io/jetstream@3.4.0

touch server.log
"$server" --addr 127.0.0.1 --port -1 --jetstream --store_dir "$work/store" 2>server.log &
server_pid=$!
for _ in $(seq 100); do
  grep -q 'Server is ready' server.log && break
  sleep 0.1
done
port="$(sed -n 's/.*Listening for client connections on 127.0.0.1:\([0-9]*\).*/\1/p' server.log)"

cat >see.mjs <<'END'
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const connection = await connect({ port: Number(process.argv[2]), reconnect: false });
const js = jetstream(connection);
const { streams } = await jetstreamManager(connection);
await streams.add({ name: 'FILES', subjects: ['files.>'] });
async function publish(what, subject, data, msgID) {
  const { seq, duplicate } = await js.publish(subject, data, { msgID });
  const { messages } = (await streams.info('FILES')).state;
  console.log(`${what}: acknowledged, sequence ${seq}, duplicate ${duplicate}; messages in the stream: ${messages}`);
  return messages;
}
await publish('first publish', 'files.a', 'one', 'id-1');
await streams.purge('FILES');
const afterPurge = await publish('after a purge', 'files.a', 'one', 'id-1');
const otherSubject = await publish('other subject and data', 'files.b', 'two', 'id-1');
await publish('another id', 'files.a', 'three', 'id-2');
await streams.deleteMessage('FILES', 2);
const afterDelete = await publish('after a delete of it', 'files.a', 'three', 'id-2');
await connection.close();
if (afterPurge + otherSubject + afterDelete !== 0) {
  console.error('Changed: an id is forgotten with its message, or counts by subject.');
  process.exit(1);
}
END
timeout 30 node see.mjs "$port"
