import { hashSecret, randomHex } from './users.ts';

/** Sessions slide: each use gives them this long again (protocol.md 10.1). */
const SESSION_MS = 72 * 3600 * 1000;
/** How often the new end of a used session is written down. */
const SLIDE_MS = 3600 * 1000;
const MAX_SESSIONS = 10_000;
/** Hex digits of a session token. */
export const TOKEN_LENGTH = 64;

/** Where sessions survive a restart; only hashes of tokens are kept. */
export interface SessionStorage {
  /** What was saved last, null = nothing. */
  load(): string | null;
  /** Replaces what was saved. */
  save(text: string): void;
}

/** Who is logged in. */
export interface Sessions {
  /** The name of the user; null when there is no such session (any more). Its time begins anew. */
  userOf(token: string): string | null;
  /** The token of a new one. */
  begin(user: string): string;
  /** Does nothing when there is no such session. */
  end(token: string): void;
}

interface Session {
  user: string;
  expires: number;
}

/** `now` is in milliseconds. */
export function createSessions(storage: SessionStorage, now: () => number): Sessions {
  const sessions = readSessions(storage.load());
  const save = () => storage.save(JSON.stringify(Object.fromEntries(sessions)));

  return {
    userOf(token) {
      if (token.length !== TOKEN_LENGTH) return null;
      const session = sessions.get(hashSecret(token));
      if (!session || session.expires < now()) return null;
      if (session.expires < now() + SESSION_MS - SLIDE_MS) {
        session.expires = now() + SESSION_MS;
        try {
          save();
        } catch {
          // A full disk must not end a session; the next start knows the end before this one.
        }
      }
      return session.user;
    },
    begin(user) {
      const token = randomHex(TOKEN_LENGTH / 2);
      for (const [hash, session] of sessions) {
        if (session.expires < now() || sessions.size >= MAX_SESSIONS) sessions.delete(hash);
      }
      sessions.set(hashSecret(token), { user, expires: now() + SESSION_MS });
      save();
      return token;
    },
    end(token) {
      if (sessions.delete(hashSecret(token))) save();
    },
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
