// The load of npm run bench:hub: clients in one process, each sending its next request when the last
// one is answered.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import WebSocket from 'ws';

const KEY = 'service-key'; // tests/edge/hub-process.ts
const HEADERS = { 'content-type': 'application/json', 'x-api-key': KEY };
const SOCKET_TIMEOUT_MS = 30_000;

/** Of each request, in milliseconds, and of all of them together. */
export interface Load {
  times: number[];
  seconds: number;
}

export interface Call {
  path: string;
  body: string;
}

/**
 * `clients` loops over `next` until it returns null (at the latest after `limitMs`).
 * @throws Error at the first answer that is not 2xx.
 */
export async function load(
  url: string,
  clients: number,
  limitMs: number,
  next: (client: number) => Call | null,
): Promise<Load> {
  const pool = new Pool(url, { connections: clients, pipelining: 1 });
  const times: number[] = [];
  const start = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let call = next(client); call; call = next(client)) {
        const sent = performance.now();
        if (sent > start + limitMs) break;
        await post(pool, call);
        times.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  await pool.close();
  return { times, seconds };
}

/** @throws Error when the answer is not 2xx. */
export async function post(pool: Pool, { path, body }: Call): Promise<void> {
  const answer = await pool.request({ method: 'POST', path, headers: HEADERS, body });
  const text = await answer.body.text();
  if (answer.statusCode > 299) throw new Error(`${path}: ${answer.statusCode} ${text}`);
}

/** A server that answers every request at once: what the clients and the network cost alone. */
export async function serveNothing(): Promise<void> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('{"id":"0"}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
}

export const event = (number: number) => ({
  topic: 'bench.write',
  project: 'aurora',
  description: `write ${number}`,
  summary: { number },
});

/** What a socket has heard of the events of the fan-out. */
export interface Listener {
  /** Milliseconds from the dispatch to the message, of each. */
  times: number[];
  /** The numbers of the events, in the order in which they came. */
  numbers: number[];
  close(): void;
}

/** Signed-in sockets that hear of `bench.fan`; `sentAt` says when an event was dispatched. */
export function listeners(
  url: string,
  count: number,
  sentAt: (number: number) => number,
): Promise<Listener[]> {
  return Promise.all(Array.from({ length: count }, () => listen(url, sentAt)));
}

function listen(url: string, sentAt: (number: number) => number): Promise<Listener> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  const times: number[] = [];
  const numbers: number[] = [];
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('a socket is not ready')), SOCKET_TIMEOUT_MS);
    socket.on('error', reject);
    socket.on('open', () => {
      socket.send(JSON.stringify({ topic: 'auth', token: KEY, subscribe: ['bench.fan'] }));
    });
    socket.on('message', (data) => {
      const now = performance.now();
      const message = JSON.parse(data.toString());
      if (message.topic === 'bench.fan') {
        numbers.push(message.summary.number);
        times.push(now - sentAt(message.summary.number));
      } else {
        // The first heartbeat: it is signed in.
        clearTimeout(limit);
        resolve({ times, numbers, close: () => socket.terminate() });
      }
    });
  });
}
