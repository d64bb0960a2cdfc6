import {
  answerOf,
  NO_ANSWER,
  SESSION_TOKEN_LENGTH,
  type UpstreamAnswer,
} from '../replica/connection-host.ts';
import { codeOfStatus, WorkerError } from './worker-error.ts';

/** Longest wait for an answer of the server, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

/** REST requests to the server with the user's credential. */
export interface ServerRequests {
  ask(method: string, path: string, body?: string): Promise<UpstreamAnswer>;
  /**
   * The body of the server's answer to an operation (docs/border.md, method 10); null = a success without one.
   * @throws WorkerError `offline` also when something else than the server answers, `unauthorized`, or the refusal of
   * the server.
   */
  request(
    operation: ServerOperation,
    method: string,
    path: string,
    body?: string,
  ): Promise<Uint8Array | null>;
  /** A GET without a time limit, which `signal` ends. Rejects when there is no answer. */
  stream(path: string, signal: AbortSignal): Promise<Response>;
}

/** Operations that a page asks of the server itself, by the core's names (docs/border.md, method 10). */
export type ServerOperation = 'dispatch' | 'update' | 'delete' | 'get' | 'enroll';

/** Whether the server itself has answered, and what came in words. */
export type CheckAnswer = (
  operation: ServerOperation,
  answer: UpstreamAnswer,
) => { isOwn: boolean; what: string };

/** `token` returns the user's present credential: a session token, an API key, or nothing. */
export function createServerRequests(
  server: string,
  token: () => string | null,
  check: CheckAnswer,
): ServerRequests {
  // A session token is sent as Bearer, an API key as X-Api-Key (protocol.md 10.1).
  function credential(): Record<string, string> {
    const value = token();
    if (!value) return {};
    return value.length === SESSION_TOKEN_LENGTH
      ? { authorization: `Bearer ${value}` }
      : { 'x-api-key': value };
  }

  function send(method: string, path: string, body?: string): Promise<Response> {
    return fetch(server + path, {
      method,
      redirect: 'manual',
      headers: { ...credential(), 'content-type': 'application/json', 'x-sender-type': 'cuesheet' },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body !== undefined && { body }),
    });
  }

  async function ask(method: string, path: string, body?: string): Promise<UpstreamAnswer> {
    try {
      return await answerOf(await send(method, path, body));
    } catch {
      return NO_ANSWER;
    }
  }

  return {
    ask,
    async request(operation, method, path, body) {
      const answer = await ask(method, path, body);
      const { status, bytes } = answer;
      const { isOwn, what } = check(operation, answer);
      if (!isOwn) {
        const problem =
          status === 0
            ? `${server} does not answer`
            : `something else than the server answers at ${server} (${what})`;
        throw new WorkerError(
          'offline',
          method === 'GET'
            ? `${problem}: try again when the connection is back`
            : `${problem}: it may have done this or not; look when the connection is back`,
        );
      }
      if (status < 300) return status === 204 ? null : bytes;
      throw new WorkerError(codeOfStatus(status), detailOf(bytes) ?? `HTTP ${status}`);
    },
    stream: (path, signal) =>
      fetch(server + path, { headers: credential(), signal, redirect: 'manual' }),
  };
}

function detailOf(body: Uint8Array): string | null {
  try {
    const { detail } = JSON.parse(new TextDecoder().decode(body)) as { detail?: unknown };
    return typeof detail === 'string' ? detail : null;
  } catch {
    return null;
  }
}
