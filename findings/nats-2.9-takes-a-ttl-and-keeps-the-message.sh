#!/usr/bin/env bash
# Versions: nats-server 2.9.10 (Debian 12's; built here from the Go module, or taken from NATS_SERVER),
#   @nats-io/transport-node, jetstream and kv 3.4.0, Node 20.20.2, Go 1.26.8.
#
# One would guess: a server that is too old for a time to live refuses it, or the client does, which knows the
#   server's version and refuses other things that are too new for it.
#
# Behaviour: kv.create(key, value, '1s'), js.publish(subject, data, { ttl: '1s' }) and a stream made with
#   allow_msg_ttl all succeed, and nothing ever expires. The one trace is that allow_msg_ttl is missing in the
#   stream's configuration when it is read back. A lease built on such a key is held for ever. (Per-message
#   times to live came with 2.11; a bucket's own ttl does work.)
#
# Seen:
#   nats-server: v2.9.10
#   allow_msg_ttl as read back: undefined
#   publish with ttl 1s: acknowledged, sequence 1
#   kv.create with ttl 1s: revision 1
#   5 s later: messages 1 | key with a ttl: a | key of a bucket with a ttl: undefined
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
npm install --silent --ignore-scripts --no-audit --no-fund \
  @nats-io/transport-node@3.4.0 @nats-io/jetstream@3.4.0 @nats-io/kv@3.4.0

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
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';

const connection = await connect({ port: Number(process.argv[2]), reconnect: false });
const js = jetstream(connection);
const manager = await jetstreamManager(connection);
await manager.streams.add({ name: 'EVENTS', subjects: ['events.>'], allow_msg_ttl: true });
console.log('allow_msg_ttl as read back:', (await manager.streams.info('EVENTS')).config.allow_msg_ttl);
const acknowledged = await js.publish('events.a', 'soon gone', { ttl: '1s' });
console.log('publish with ttl 1s: acknowledged, sequence', acknowledged.seq);
const leases = await new Kvm(js).create('LEASES');
console.log('kv.create with ttl 1s: revision', await leases.create('hub', 'a', '1s'));
const cached = await new Kvm(js).create('CACHE', { ttl: 1000 });
await cached.create('hub', 'a');
await new Promise((resolve) => setTimeout(resolve, 5000));
const { messages } = (await manager.streams.info('EVENTS')).state;
const lease = await leases.get('hub');
const old = await cached.get('hub');
console.log('5 s later: messages', messages, '| key with a ttl:', lease?.string(), '| key of a bucket with a ttl:', old?.string());
await connection.close();
if (messages !== 1 || lease === null || old !== null) {
  console.error('Changed: the message or the key has expired, or the ttl was refused.');
  process.exit(1);
}
END
timeout 30 node see.mjs "$port"
