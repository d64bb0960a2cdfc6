import { SESSION_TOKEN_LENGTH } from '../replica/connection-host.ts';
import { codeOfStatus, WorkerError } from './worker-error.ts';

/** Longest wait for an answer of the server, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

/** REST requests to the server with the user's credential. */
export interface ServerRequests {
  /** Status 0 = no answer. */
  ask(method: string, path: string, body?: string): Promise<{ status: number; bytes: Uint8Array }>;
  /** @throws WorkerError `offline`, `unauthorized`, or the refusal of the server. */
  request(method: string, path: string, body?: string): Promise<Response>;
  /** A GET without a time limit, which `signal` ends. Rejects when there is no answer. */
  stream(path: string, signal: AbortSignal): Promise<Response>;
}

/** `token` returns the user's present credential: a session token, an API key, or nothing. */
export function createServerRequests(server: string, token: () => string | null): ServerRequests {
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
      headers: { ...credential(), 'content-type': 'application/json', 'x-sender-type': 'cuesheet' },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body !== undefined && { body }),
    });
  }

  return {
    async ask(method, path, body) {
      try {
        const response = await send(method, path, body);
        return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
      } catch {
        return { status: 0, bytes: new Uint8Array() };
      }
    },
    async request(method, path, body) {
      let response: Response;
      try {
        response = await send(method, path, body);
      } catch {
        throw new WorkerError(
          'offline',
          method === 'GET'
            ? `${server} does not answer: try again when the connection is back`
            : `${server} does not answer: it may have done this or not; look when the connection is back`,
        );
      }
      if (response.ok) return response;
      const { detail } = (await response.json().catch(() => ({}))) as { detail?: string };
      throw new WorkerError(codeOfStatus(response.status), detail ?? `HTTP ${response.status}`);
    },
    stream: (path, signal) => fetch(server + path, { headers: credential(), signal }),
  };
}
