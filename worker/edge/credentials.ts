import { parse } from 'hono/utils/cookie';
import { isJwt, type VerifyJwt } from './jwt.ts';
import { createSessions, type SessionStorage, TOKEN_LENGTH } from './sessions.ts';
import { checkPassword, hashSecret, type User, type UserRecord } from './users.ts';

export type { SessionStorage } from './sessions.ts';

/** A used API key opens a WebSocket for this long, as AYON's key sessions do (protocol.md 9.2). */
const KEY_MS = 600 * 1000;

/** The caller: a user, or the text and status of the refusal. */
export type Identity =
  { user: User; token?: string } | { user: null; denied: string; deniedStatus: number };

/** The users of a hub, their keys, passwords and sessions. */
export interface Credentials {
  /** The identity behind a request, by AYON's order of credentials (protocol.md 10.1, 10.2). */
  identify(request: Request): Promise<Identity>;
  /** The user of a session token or of a recently used API key, or null. */
  byToken(token: string): Promise<User | null>;
  /** The user with this password, or null. Service users cannot log in. */
  login(name: string, password: string): Promise<User | null>;
  /** The token of a new session. */
  createSession(user: User): Promise<string>;
  /** Does nothing when there is no such session. */
  endSession(token: string): Promise<void>;
  /**
   * Replaces the users from the next request on. Sessions of removed users are no longer valid; sockets
   * that have logged in stay as they are.
   */
  replaceUsers(records: UserRecord[]): void;
}

/**
 * Users and sessions of a hub. `now` is in milliseconds; `verifyJwt` names the user of a JSON Web Token,
 * which is then accepted as a bearer token and by WebSockets.
 */
export function createCredentials(
  records: UserRecord[],
  storage: SessionStorage,
  now: () => number = Date.now,
  verifyJwt: VerifyJwt | null = null,
): Credentials {
  let { byName, byLowerName, byKey } = indexOf(records);
  const sessions = createSessions(storage, now);
  const keyEnds = new Map<string, number>();

  function bySession(token: string): User | null {
    const name = sessions.userOf(token);
    return (name !== null && byName.get(name)) || null;
  }

  async function byJwt(token: string): Promise<User | null> {
    const name = verifyJwt && isJwt(token) ? await verifyJwt(token) : null;
    return (name !== null && byName.get(name)) || null;
  }

  async function authenticate(request: Request): Promise<Identity> {
    const { key, bearer, cookie } = credentialsIn(request.headers);
    if (key !== null) {
      const hash = hashSecret(key);
      const user = byKey.get(hash);
      if (!user) return { user: null, denied: 'Invalid API key', deniedStatus: 401 };
      keyEnds.set(hash, now() + KEY_MS);
      return { user };
    }
    if (bearer !== null && verifyJwt && isJwt(bearer)) {
      const user = await byJwt(bearer);
      return user ? { user } : { user: null, denied: 'Invalid token', deniedStatus: 401 };
    }
    const session = bearer?.length === TOKEN_LENGTH ? bearer : null;
    const token = cookie ?? session ?? new URL(request.url).searchParams.get('token');
    if (!token) return { user: null, denied: 'Access token is missing', deniedStatus: 401 };
    const user = bySession(token);
    return user ? { user, token } : { user: null, denied: 'Invalid session', deniedStatus: 401 };
  }

  return {
    replaceUsers(others) {
      ({ byName, byLowerName, byKey } = indexOf(others));
    },
    async byToken(token) {
      const user = bySession(token) ?? (await byJwt(token));
      if (user) return user;
      const hash = hashSecret(token);
      return (keyEnds.get(hash) ?? 0) > now() ? (byKey.get(hash) ?? null) : null;
    },
    async identify(request) {
      const identity = await authenticate(request);
      const other = request.headers.get('x-as-user');
      if (!other || identity.user?.data.isService !== true) return identity;
      const user = byName.get(other);
      return user ? { user } : { user: null, denied: `User ${other} not found`, deniedStatus: 404 };
    },
    async login(name, password) {
      const wanted = name.trim();
      const record = byName.get(wanted) ?? byLowerName.get(wanted.toLowerCase());
      const known = record?.passwordHash !== undefined && record.data.isService !== true;
      // An unknown name takes the same time as a wrong password, so it reveals nothing.
      const right = await checkPassword(password, (known && record.passwordHash) || '00$00');
      return known && right ? record : null;
    },
    createSession: async (user) => sessions.begin(user.name),
    endSession: async (token) => sessions.end(token),
  };
}

/** The credentials in the headers of a request. */
function credentialsIn(headers: Headers) {
  const [scheme = '', value = ''] = (headers.get('authorization') ?? '').split(' ', 2);
  const kind = scheme.toLowerCase();
  return {
    key: headers.get('x-api-key') ?? (kind === 'apikey' ? value : null),
    bearer: kind === 'bearer' ? value : null,
    cookie: parse(headers.get('cookie') ?? '', 'accessToken')['accessToken'] || null,
  };
}

function indexOf(records: UserRecord[]) {
  return {
    byName: new Map(records.map((record) => [record.name, record])),
    byLowerName: new Map(records.map((record) => [record.name.toLowerCase(), record])),
    byKey: new Map(
      records.filter((record) => record.apiKeyHash).map((record) => [record.apiKeyHash, record]),
    ),
  };
}
