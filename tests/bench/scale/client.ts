// HTTP for npm run bench:scale: the same calls for a hub and for an AYON server, each wait bounded.
import { Pool } from 'undici';

/** Longest wait for an answer, in milliseconds. */
const LIMIT_MS = 600_000;

/** A `POST`, or without a body a `GET`. */
export interface Call {
  path: string;
  body?: object;
}

/** JSON of an answer; the reads say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: answers of two servers
export type Answer = any;

export interface Client {
  /** Milliseconds until the whole answer is here, and the answer. @throws Error when it is not 2xx. */
  timed(call: Call): Promise<{ ms: number; answer: Answer }>;
  close(): Promise<void>;
}

/** @param headers the credentials. */
export function connect(
  url: string,
  headers: Readonly<Record<string, string>>,
  connections = 1,
): Client {
  const pool = new Pool(url, {
    connections,
    pipelining: 1,
    headersTimeout: LIMIT_MS,
    bodyTimeout: LIMIT_MS,
  });
  return {
    async timed({ path, body }) {
      const start = performance.now();
      const answer = await pool.request({
        method: body === undefined ? 'GET' : 'POST',
        path,
        headers: { 'content-type': 'application/json', ...headers },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await answer.body.text();
      const ms = performance.now() - start;
      if (answer.statusCode > 299) {
        throw new Error(`${path}: ${answer.statusCode} ${text.slice(0, 500)}`);
      }
      return { ms, answer: text === '' ? null : JSON.parse(text) };
    },
    close: () => pool.destroy(),
  };
}
