import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { createCredentials } from '../../worker/edge/credentials.ts';
import { createJwtVerifier } from '../../worker/edge/jwt.ts';
import { call, type HubProcess, startHub, temporaryFolder, USERS } from './hub-process.ts';
import { startWorkerd } from './workerd.ts';

const ISSUER = 'https://login.studio.example';
const CLAIMS = { sub: 'mona', iss: ISSUER, aud: 'cuesheet' };

const ours = await generateKeyPair('ES256');
const others = await generateKeyPair('ES256');
const jwks = { keys: [{ ...(await exportJWK(ours.publicKey)), kid: 'one', alg: 'ES256' }] };

function sign(claims: JWTPayload, key = ours.privateKey, expires: string | number = '5m') {
  const token = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one' });
  return token.setIssuedAt().setExpirationTime(expires).sign(key);
}

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Tokens that must not let anybody in, and why. */
const forged = async () => ({
  'another key': await sign(CLAIMS, others.privateKey),
  'another issuer': await sign({ ...CLAIMS, iss: 'https://evil.example' }),
  'another audience': await sign({ ...CLAIMS, aud: 'mail' }),
  expired: await sign(CLAIMS, ours.privateKey, Math.floor(Date.now() / 1000) - 3600),
  'an unknown user': await sign({ ...CLAIMS, sub: 'nobody' }),
  'no user': await sign({ iss: ISSUER, aud: 'cuesheet' }),
  'no signature': `${base64({ alg: 'none' })}.${base64({ ...CLAIMS, exp: 4e9 })}.`,
  'a shared secret': await new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(JSON.stringify(jwks.keys[0]))),
  'no end': await new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(ours.privateKey),
});

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const me = (hub: { url: string }, token: string) =>
  call(hub, 'GET', '/api/users/me', bearer(token));

/** Whether a WebSocket that authenticates like this receives an event. */
async function hears(hub: { url: string }, token: string): Promise<boolean> {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/ws`);
  try {
    return await new Promise<boolean>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => resolve(false)); // not signed in within 3 s
      socket.on('open', () => {
        socket.send(JSON.stringify({ topic: 'auth', token, subscribe: ['*'] }));
      });
      socket.on('message', (data) => {
        if (JSON.parse(data.toString()).topic === 'heartbeat') resolve(true);
      });
    });
  } finally {
    socket.terminate();
  }
}

describe.each(['node', 'workerd'])('JSON Web Tokens on %s', (runtime) => {
  const folder = temporaryFolder();
  let hub: Pick<HubProcess, 'url'> & { stop(): Promise<unknown> };

  beforeAll(async () => {
    if (runtime === 'workerd') {
      const { url, miniflare } = await startWorkerd({
        folder: folder.path,
        bindings: {
          CUESHEET_USERS: JSON.stringify(USERS),
          CUESHEET_JWKS: JSON.stringify(jwks),
          CUESHEET_JWT_ISSUER: ISSUER,
          CUESHEET_JWT_AUDIENCE: 'cuesheet',
        },
        quiet: true,
      });
      hub = { url, stop: () => miniflare.dispose() };
      return;
    }
    const keys = join(folder.path, 'jwks.json');
    writeFileSync(keys, JSON.stringify(jwks));
    const flags = ['--users', join(folder.path, 'users-file.json'), '--no-sample'];
    flags.push('--jwks', keys, '--jwt-issuer', ISSUER, '--jwt-audience', 'cuesheet');
    hub = await startHub(folder.path, { flags });
  });
  afterAll(async () => {
    await hub.stop();
    folder.remove();
  });

  test('a token of the identity provider is the user of that name, with the roles here', async () => {
    const token = await sign(CLAIMS);
    expect((await me(hub, token)).body.name).toBe('mona');
    const options = { ...bearer(token), body: { topic: 'demo.jwt' } };
    expect((await call(hub, 'POST', '/api/events', options)).status).toBe(200);
    expect(await hears(hub, token)).toBe(true);
  });

  test('nothing else gets in', async () => {
    for (const [why, token] of Object.entries(await forged())) {
      expect([why, (await me(hub, token)).status]).toEqual([why, 401]);
    }
    expect(await hears(hub, (await forged())['another key'])).toBe(false);
  });
});

test('keys are fetched from their URL, and again when a token names a new one', async () => {
  let served = jwks;
  let fetches = 0;
  const server = createServer((_, response) => {
    fetches++;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(served));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`);
  const verify = createJwtVerifier({ jwks: url, refetchMs: 0 });
  expect(await verify(await sign(CLAIMS))).toBe('mona');
  expect(await verify(await sign(CLAIMS))).toBe('mona');
  expect(fetches).toBe(1);
  const rotated = new SignJWT(CLAIMS).setProtectedHeader({ alg: 'ES256', kid: 'two' });
  const token = await rotated.setExpirationTime('5m').sign(others.privateKey);
  expect(await verify(token)).toBeNull();
  served = { keys: [{ ...(await exportJWK(others.publicKey)), kid: 'two', alg: 'ES256' }] };
  expect(await verify(token)).toBe('mona');
  expect(await verify(await sign(CLAIMS))).toBeNull(); // its key is served no more
  server.close();
});

test('without keys a token is no credential', async () => {
  const none = { load: () => null, save() {} };
  const { identify } = createCredentials([{ name: 'mona', data: {} }], none);
  const request = new Request('http://hub/', bearer(await sign(CLAIMS)));
  expect(await identify(request)).toMatchObject({ user: null, deniedStatus: 401 });
});
