import type { Credentials, Identity } from '../credentials.ts';
import type { Upstream } from './upstream.ts';
import { hashSecret, type User } from '../users.ts';

/** How long the upstream's answer about a caller is valid, in milliseconds. */
const KNOWN_MS = 30_000;
const MAX_KNOWN = 10_000;
const TOKEN_LENGTH = 64;
const TIMEOUT_MS = 10_000;
/** Headers that identify the caller (protocol.md 10.1, 10.2). */
export const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'cookie', 'x-as-user'] as const;

/** Refusals that say something of the caller. Any other, for example a 429, is of this moment. */
const LASTING = new Set([401, 403, 404]);
const NO_ANSWER: Identity = {
  user: null,
  denied: 'The upstream does not answer',
  deniedStatus: 503,
};

/**
 * The callers of a relay are users of its upstream. The relay asks the upstream who they are, once in 30 s
 * each, and keeps the answers in memory, under hashes. `now` is in milliseconds, from a clock that nobody sets.
 */
export function createRelayCredentials(
  upstream: Upstream,
  now: () => number = () => performance.now(),
): Credentials {
  const known = new Map<string, { identity: Promise<Identity>; until: number }>();

  async function ask(headers: Record<string, string>): Promise<Identity> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await upstream.fetch('/api/users/me', { headers, signal });
    if (response.ok) return { user: userIn(await response.json()) };
    const body = (await response.json().catch(() => null)) as { detail?: unknown } | null;
    const denied = body?.detail;
    // A redirect, or a page of something in front of the upstream.
    if (response.status < 400 || typeof denied !== 'string') return NO_ANSWER;
    return { user: null, denied, deniedStatus: response.status };
  }

  /** Requests that come while the upstream is asked wait for the same answer. */
  function identityOf(headers: Record<string, string>): Promise<Identity> {
    const key = hashSecret(JSON.stringify(headers));
    const found = known.get(key);
    if (found && found.until > now()) return found.identity;
    const [oldest] = known.keys();
    if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
    known.delete(key);
    const asked = {
      identity: ask(headers).catch(() => NO_ANSWER),
      until: Number.POSITIVE_INFINITY, // TIMEOUT_MS ends it
    };
    known.set(key, asked);
    void asked.identity.then((identity) => {
      asked.until = now() + KNOWN_MS;
      const lasts = identity.user !== null || LASTING.has(identity.deniedStatus);
      if (!lasts && known.get(key) === asked) known.delete(key);
    });
    return asked.identity;
  }

  const elsewhere = () => Promise.reject(new Error('logins are the upstream’s'));
  return {
    identify(request) {
      const headers: Record<string, string> = {};
      for (const name of CREDENTIAL_HEADERS) {
        const value = request.headers.get(name);
        if (value !== null) headers[name] = value;
      }
      const token = new URL(request.url).searchParams.get('token');
      if (token && !headers['authorization']) headers['authorization'] = `Bearer ${token}`;
      if (Object.keys(headers).length > 0) return identityOf(headers);
      const denied = 'Access token is missing';
      return Promise.resolve({ user: null, denied, deniedStatus: 401 });
    },
    async byToken(token) {
      const isSession = token.length === TOKEN_LENGTH || token.includes('.');
      const headers = isSession ? { authorization: `Bearer ${token}` } : { 'x-api-key': token };
      return (await identityOf(headers as Record<string, string>)).user;
    },
    login: elsewhere,
    createSession: elsewhere,
    endSession: elsewhere,
    replaceUsers() {},
  };
}

/** @throws Error for what is no user. */
function userIn(answer: unknown): User {
  const { name, data } = answer as { name?: unknown; data?: unknown };
  if (typeof name !== 'string' || typeof data !== 'object' || data === null) {
    throw new Error('the upstream sent no user');
  }
  return { name, data };
}
