// The load of npm run bench:hub: clients in one process, each sending its next request when the last
// one is answered.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

import { KEYS } from '../../edge/hub-process.ts';
const HEADERS = { 'content-type': 'application/json', 'x-api-key': KEYS.service };

/** The hub has a core of its own, its clients another. */
export const ON_ITS_CORE = ['taskset', '-c', '0', process.execPath];

/** Of each request after the warm-up, in milliseconds, and of all of them together. */
export interface Load {
  times: number[];
  seconds: number;
}

/** The longest duration. The warm-up does not count, because the hub's runtime still compiles its code. */
export interface Span {
  warmUpMs: number;
  limitMs: number;
}

/** A `POST`, or without a body a `GET`. */
export interface Call {
  path: string;
  body?: string;
}

/**
 * `clients` loops over `next` until it returns null, or the time is over.
 * @throws Error at the first answer that is not 2xx.
 */
export async function load(
  url: string,
  clients: number,
  { warmUpMs, limitMs }: Span,
  next: (client: number) => Call | null,
): Promise<Load> {
  const pool = new Pool(url, { connections: clients, pipelining: 1 });
  const times: number[] = [];
  const start = performance.now() + warmUpMs;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let call = next(client); call; call = next(client)) {
        const sent = performance.now();
        if (sent > start + limitMs) break;
        await send(pool, call);
        if (sent >= start) times.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  await pool.close();
  return { times, seconds };
}

/** @throws Error when the answer is not 2xx. */
export async function send(pool: Pool, { path, body }: Call): Promise<void> {
  const method = body === undefined ? 'GET' : 'POST';
  const answer = await pool.request({ method, path, headers: HEADERS, body: body ?? null });
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

const PAGE = `query ($last: Int) { events(last: $last) {
  edges { node { id topic user sender project description dependsOn updatedAt status } cursor }
  pageInfo { hasPreviousPage } } }`;

/** The frontend's document for the newest events. */
export const pageOf = (last: number) => ({ query: PAGE, variables: { last } });
