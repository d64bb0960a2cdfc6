#!/usr/bin/env bash
# Versions: jose 6.2.18, Node 20.20.2.
#
# One would guess: createRemoteJWKSet() goes on with the keys that it has when the key server fails, as it knows them
#   to be good a moment ago; a failed request is not repeated for each token (there is a cooldownDuration); and an
#   outage can be told from a bad token by the class of the error.
#
# Behaviour: after cacheMaxAge (10 minutes) the keys count for nothing. While the server answers 500, every good token
#   is refused, and every verification makes a request of its own, because the cooldown begins at successes
#   only. The error is a JOSEError (code ERR_JOSE_GENERIC), as all errors about tokens are, so "JOSEError: 401"
#   signs everybody out; a refused connection is a TypeError instead, which becomes a 500.
#
# Seen:
#   server up: verified | requests 1
#   server up, again: verified | requests 1
#   keys too old, server answers 500: JOSEError ERR_JOSE_GENERIC, instanceof JOSEError: true | requests 2
#   keys too old, server answers 500, again: JOSEError ERR_JOSE_GENERIC, instanceof JOSEError: true | requests 3
#   keys too old, server is gone: TypeError undefined, instanceof JOSEError: false | requests 3
#   server up, token of an unknown key: JWKSNoMatchingKey ERR_JWKS_NO_MATCHING_KEY, instanceof JOSEError: true | requests 1
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund jose@6.2.18

cat >see.mjs <<'END'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRemoteJWKSet, errors, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';

const MAX_AGE_MS = 300;
const { publicKey, privateKey } = await generateKeyPair('ES256');
const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }];
const sign = (kid) => new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).setExpirationTime('1h').sign(privateKey);
let isUp = true;
let requests = 0;
const server = createServer((_, response) => {
  requests += 1;
  response.writeHead(isUp ? 200 : 500, { connection: 'close' }).end(isUp ? JSON.stringify({ keys }) : 'down');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = new URL(`http://127.0.0.1:${server.address().port}/`);

const seen = [];
async function verify(title, getKey, token) {
  const outcome = await jwtVerify(token, getKey).then(
    () => 'verified',
    (error) => `${error.constructor.name} ${error.code}, instanceof JOSEError: ${error instanceof errors.JOSEError}`,
  );
  console.log(`${title}: ${outcome} | requests ${requests}`);
  seen.push(outcome.split(',')[0], requests);
}
const token = await sign('one');
const getKey = createRemoteJWKSet(url, { cacheMaxAge: MAX_AGE_MS });
await verify('server up', getKey, token);
await verify('server up, again', getKey, token);
await new Promise((resolve) => setTimeout(resolve, 2 * MAX_AGE_MS));
isUp = false;
await verify('keys too old, server answers 500', getKey, token);
await verify('keys too old, server answers 500, again', getKey, token);
const { port } = server.address();
server.close();
server.closeAllConnections();
await verify('keys too old, server is gone', getKey, token);
isUp = true;
requests = 0;
server.listen(port, '127.0.0.1');
await once(server, 'listening');
await verify('server up, token of an unknown key', createRemoteJWKSet(url), await sign('two'));
server.close();
server.closeAllConnections();
const generic = 'JOSEError ERR_JOSE_GENERIC';
const expected = ['verified', 1, 'verified', 1, generic, 2, generic, 3, 'TypeError undefined', 3];
if (seen.join() !== [...expected, 'JWKSNoMatchingKey ERR_JWKS_NO_MATCHING_KEY', 1].join()) {
  console.error('Changed: jose keeps its keys in an outage, asks less often, or names the outage otherwise.');
  process.exit(1);
}
END
timeout 30 node see.mjs
