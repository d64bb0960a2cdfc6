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

/**
 * The callers of a relay are users of its upstream. The relay asks the upstream who they are, once in 30 s
 * each, and keeps the answers in memory, under hashes.
 */
export function createRelayCredentials(
  upstream: Upstream,
  now: () => number = Date.now,
): Credentials {
  const known = new Map<string, { identity: Identity; until: number }>();

  async function ask(headers: Record<string, string>): Promise<Identity> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await upstream.fetch('/api/users/me', { headers, signal });
    if (response.ok) {
      const { name, data } = (await response.json()) as User;
      return { user: { name, data } };
    }
    const { detail } = (await response.json().catch(() => ({}))) as { detail?: string };
    return { user: null, denied: detail ?? 'Unauthorized', deniedStatus: response.status };
  }

  async function identityOf(headers: Record<string, string>): Promise<Identity> {
    const key = hashSecret(JSON.stringify(headers));
    const found = known.get(key);
    if (found && found.until > now()) return found.identity;
    try {
      const identity = await ask(headers);
      const [oldest] = known.keys();
      if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
      known.delete(key);
      if (identity.user || identity.deniedStatus < 500)
        known.set(key, { identity, until: now() + KNOWN_MS });
      return identity;
    } catch {
      return { user: null, denied: 'The upstream does not answer', deniedStatus: 503 };
    }
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
