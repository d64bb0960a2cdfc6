import { setTimeout as sleep } from 'node:timers/promises';
import type { Miniflare } from 'miniflare';
import WebSocket from 'ws';
import { call, KEYS, temporaryFolder, USERS } from './hub-process.ts';
import { startWorkerd } from './workerd.ts';

const OPENING_AT_ONCE = 200;
const READY_TIMEOUT_MS = 60_000;
const HEAR_TIMEOUT_MS = 120_000;

export interface FanOutResult {
  /** Messages that did not come, came twice or in another order. */
  wrong: number;
  /** Relay objects that had sockets. */
  relays: number;
  /** Milliseconds from the answer to the last dispatch until the last socket had everything. */
  lastMs: number;
}

/** Sockets at relay objects of the example Worker in workerd receive the events that the hub object stores. */
export async function fanOut(size: {
  relays: number;
  sockets: number;
  events: number;
}): Promise<FanOutResult> {
  const folder = temporaryFolder();
  const { miniflare, url } = await startWorkerd({
    folder: folder.path,
    bindings: {
      CUESHEET_USERS: JSON.stringify(USERS),
      CUESHEET_RELAYS: String(size.relays),
      CUESHEET_UPSTREAM_KEY: KEYS.service,
    },
    quiet: true,
  });
  try {
    await call({ url }, 'GET', '/api/users/me', { key: KEYS.admin });
    const heard: string[][] = [];
    const sockets: WebSocket[] = [];
    for (let from = 0; from < size.sockets; from += OPENING_AT_ONCE) {
      const count = Math.min(OPENING_AT_ONCE, size.sockets - from);
      const opened = await Promise.all(Array.from({ length: count }, () => open(url)));
      for (const { socket, messages } of opened) {
        heard.push(messages);
        sockets.push(socket);
      }
    }
    const relays = await relaysWithSockets(miniflare, size.relays);
    const ids: string[] = [];
    for (let number = 0; number < size.events; number++) {
      const body = { topic: 'fan.out', description: String(number) };
      ids.push((await call({ url }, 'POST', '/api/events', { key: KEYS.service, body })).body.id);
    }
    const start = performance.now();
    const complete = () => heard.every((messages) => messages.length >= ids.length);
    while (!complete() && performance.now() < start + HEAR_TIMEOUT_MS) await sleep(20);
    const lastMs = performance.now() - start;
    await sleep(200); // one that came twice would come now
    for (const socket of sockets) socket.terminate();
    const right = heard.map((messages) =>
      messages.length === ids.length ? messages.filter((id, at) => id === ids[at]).length : 0,
    );
    const wrong = size.sockets * ids.length - right.reduce((sum, it) => sum + it, 0);
    return { wrong, relays, lastMs };
  } finally {
    await miniflare.dispose();
    folder.remove();
  }
}

async function relaysWithSockets(miniflare: Miniflare, relays: number): Promise<number> {
  const namespace = await miniflare.getDurableObjectNamespace('RELAYS');
  const sockets = await Promise.all(
    Array.from({ length: relays }, async (_, number) => {
      const relay = namespace.get(namespace.idFromName(`main/${number}`));
      const headers = { 'x-api-key': KEYS.admin };
      const text = await (await relay.fetch('http://relay/metrics', { headers })).text();
      return Number(/^cuesheet_sockets (\d+)$/m.exec(text)?.[1] ?? 0);
    }),
  );
  return sockets.filter((count) => count > 0).length;
}

/** A socket that is signed in, and the ids of the events that it receives. */
function open(url: string): Promise<{ socket: WebSocket; messages: string[] }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  const messages: string[] = [];
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('a socket is not ready')), READY_TIMEOUT_MS);
    socket.on('error', reject);
    socket.on('open', () => {
      const token = KEYS.admin;
      socket.send(JSON.stringify({ topic: 'auth', token, subscribe: ['fan'] }));
    });
    socket.on('message', (text) => {
      const message = JSON.parse(text.toString());
      if (message.topic === 'fan.out') messages.push(message.id);
      else if (message.topic === 'heartbeat') {
        clearTimeout(limit);
        resolve({ socket, messages });
      }
    });
  });
}
