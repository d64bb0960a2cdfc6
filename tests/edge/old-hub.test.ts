import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import {
  type ClientSocket,
  createHub,
  createRelayCredentials,
  type Hub,
  memoryFiles,
  upstreamAt,
} from '../../worker/edge/hub.ts';
import { call, type HubProcess, KEYS, startHub, temporaryFolder } from './hub-process.ts';

const WAIT = { timeout: 30_000 };
const WASM = 'build/wasm-release/wasm/cuesheet-hub.wasm';

let folder: ReturnType<typeof temporaryFolder>;
let hub: HubProcess;
beforeEach(async () => {
  folder = temporaryFolder();
  hub = await startHub(folder.path);
});
afterEach(async () => {
  await hub.stop();
  folder.remove();
});

/** A WebSocket that leaves `payloads` out of the auth message while the hub is to be an old one. */
function socketWithout(url: string, isOld: () => boolean): ClientSocket {
  const socket = new WebSocket(url);
  const send = socket.send.bind(socket);
  socket.send = (text: string) => {
    const { payloads, ...others } = JSON.parse(text);
    send(JSON.stringify(isOld() ? others : { ...others, payloads }));
  };
  return socket;
}

async function ask(relay: Hub, path: string) {
  const headers = { 'x-api-key': KEYS.admin };
  const response = await relay.fetch(new Request(`http://relay${path}`, { headers }));
  return { status: response.status, body: await response.json() };
}

test('a relay does not follow a hub whose feed has no payloads, says why once, and follows it later', async () => {
  const dispatch = (number: number) => {
    const body = { topic: 'demo.a', payload: { number } };
    return call(hub, 'POST', '/api/events', { key: KEYS.service, body });
  };
  const { id } = (await dispatch(1)).body;
  let isOld = true;
  let opened = 0;
  const upstream = upstreamAt(hub.url, KEYS.service, (url) => {
    opened++;
    return socketWithout(url, () => isOld);
  });
  const logged: string[] = [];
  const relay = await createHub({
    wasm: new WebAssembly.Module(await readFile(WASM)),
    files: memoryFiles(),
    credentials: createRelayCredentials(upstream),
    upstream,
    log: (level, message) => void (message === 'request' || logged.push(`${level}: ${message}`)),
  });
  try {
    await expect.poll(() => opened, WAIT).toBeGreaterThan(3); // it asks again
    expect(logged).toEqual([
      expect.stringMatching(/^error: the upstream: .* no payloads, .*: update the hub, /),
    ]);
    expect((await ask(relay, '/healthz')).status).toBe(503);
    expect(relay.events()).toBe(0);

    isOld = false;
    await expect.poll(async () => (await ask(relay, '/healthz')).status, WAIT).toBe(200);
    expect(logged.slice(1)).toEqual(['info: the upstream is followed again']);
    const later = (await dispatch(2)).body;
    const payloadOf = async (event: string) =>
      (await ask(relay, `/api/events/${event}`)).body.payload;
    expect(await payloadOf(id)).toEqual({ number: 1 });
    await expect.poll(() => payloadOf(later.id), WAIT).toEqual({ number: 2 });
  } finally {
    await relay.close();
  }
});
