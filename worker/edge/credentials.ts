import { parse } from 'hono/utils/cookie';
import { isJwt, type VerifyJwt } from './jwt.ts';
import { checkPassword, hashSecret, randomHex, type User, type UserRecord } from './users.ts';

/** Sessions slide: each use gives them this long again (protocol.md 10.1). */
const SESSION_MS = 72 * 3600 * 1000;
/** How often the new end of a used session is written down. */
const SLIDE_MS = 3600 * 1000;
/** A used API key opens a WebSocket for this long, as AYON's key sessions do (protocol.md 9.2). */
const KEY_MS = 600 * 1000;
const MAX_SESSIONS = 10_000;
const TOKEN_LENGTH = 64;

/** Who asks: a user, or the text and status of the refusal. */
export type Identity =
  { user: User; token?: string } | { user: null; denied: string; deniedStatus: number };

/** Where sessions survive a restart; only hashes of tokens are kept. */
export interface SessionStorage {
  /** What was saved last, null = nothing. */
  load(): string | null;
  /** Replaces what was saved. */
  save(text: string): void;
}

/** Who may do what: the users of a hub, their keys, passwords and sessions. */
export interface Credentials {
  /** The identity behind a request, by AYON's order of credentials (protocol.md 10.1, 10.2). */
  identify(request: Request): Promise<Identity>;
  /** The user of a session token or of a lately used API key, or null. */
  byToken(token: string): Promise<User | null>;
  /** The user with this password, or null. Service users cannot log in. */
  login(name: string, password: string): Promise<User | null>;
  /** The token of a new session. */
  createSession(user: User): Promise<string>;
  /** Does nothing when there is no such session. */
  endSession(token: string): Promise<void>;
  /**
   * Takes other users in place of those before, from the next request on. Sessions of users that are
   * gone count no more; sockets that have logged in stay as they are.
   */
  replaceUsers(records: UserRecord[]): void;
}

interface Session {
  user: string;
  expires: number;
}

/**
 * Users and sessions of a hub. `now` is in milliseconds; `verifyJwt` names the user of a JSON Web Token,
 * which is taken as a bearer token and by WebSockets then.
 */
export function createCredentials(
  records: UserRecord[],
  storage: SessionStorage,
  now: () => number = Date.now,
  verifyJwt: VerifyJwt | null = null,
): Credentials {
  let { byName, byLowerName, byKey } = indexOf(records);
  const sessions = readSessions(storage.load());
  const keyEnds = new Map<string, number>();

  const save = () => storage.save(JSON.stringify(Object.fromEntries(sessions)));

  async function bySession(token: string): Promise<User | null> {
    if (token.length !== TOKEN_LENGTH) return null;
    const hash = hashSecret(token);
    const session = sessions.get(hash);
    if (!session || session.expires < now()) return null;
    if (session.expires < now() + SESSION_MS - SLIDE_MS) {
      session.expires = now() + SESSION_MS;
      try {
        save();
      } catch {
        // A full disk must not end a session; the next start knows the end before this one.
      }
    }
    return byName.get(session.user) ?? null;
  }

  async function byJwt(token: string): Promise<User | null> {
    const name = verifyJwt && isJwt(token) ? await verifyJwt(token) : null;
    return (name !== null && byName.get(name)) || null;
  }

  async function authenticate(request: Request): Promise<Identity> {
    const authorization = request.headers.get('authorization') ?? '';
    const [scheme = '', value = ''] = authorization.split(' ', 2);
    const key =
      request.headers.get('x-api-key') ?? (scheme.toLowerCase() === 'apikey' ? value : null);
    if (key !== null) {
      const hash = hashSecret(key);
      const user = byKey.get(hash);
      if (!user) return { user: null, denied: 'Invalid API key', deniedStatus: 401 };
      keyEnds.set(hash, now() + KEY_MS);
      return { user };
    }
    const cookie = parse(request.headers.get('cookie') ?? '', 'accessToken')['accessToken'] || null;
    const isBearer = scheme.toLowerCase() === 'bearer';
    if (isBearer && verifyJwt && isJwt(value)) {
      const user = await byJwt(value);
      return user ? { user } : { user: null, denied: 'Invalid token', deniedStatus: 401 };
    }
    const bearer = isBearer && value.length === TOKEN_LENGTH ? value : null;
    const token = cookie ?? bearer ?? new URL(request.url).searchParams.get('token');
    if (!token) return { user: null, denied: 'Access token is missing', deniedStatus: 401 };
    const user = await bySession(token);
    return user ? { user, token } : { user: null, denied: 'Invalid session', deniedStatus: 401 };
  }

  return {
    replaceUsers(others) {
      ({ byName, byLowerName, byKey } = indexOf(others));
    },
    async byToken(token) {
      const user = (await bySession(token)) ?? (await byJwt(token));
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
      // An unknown name costs the same time as a wrong password.
      const right = await checkPassword(password, (known && record.passwordHash) || '00$00');
      return known && right ? record : null;
    },
    async createSession(user) {
      const token = randomHex(TOKEN_LENGTH / 2);
      for (const [hash, session] of sessions) {
        if (session.expires < now() || sessions.size >= MAX_SESSIONS) sessions.delete(hash);
      }
      sessions.set(hashSecret(token), { user: user.name, expires: now() + SESSION_MS });
      save();
      return token;
    },
    async endSession(token) {
      if (sessions.delete(hashSecret(token))) save();
    },
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

/** A file that is no list of sessions costs everybody a login, not the start of the hub. */
function readSessions(text: string | null): Map<string, Session> {
  try {
    const entries = Object.entries(JSON.parse(text ?? '{}') as Record<string, Session>);
    return new Map(entries.filter(([, session]) => typeof session?.expires === 'number'));
  } catch {
    return new Map();
  }
}
