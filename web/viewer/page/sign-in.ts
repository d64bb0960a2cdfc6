import { storedUsers } from '../../client/index.ts';

const SESSION_KEY = 'cuesheet.session';
const USER_TIMEOUT_MS = 5000;

/** The signed-in user, as this browser remembers. */
export interface SignedIn {
  /** Null: signed out, or the hub does not accept it. */
  token: string | null;
  /** Whose events this browser keeps: the last user who was signed in. */
  user: string | null;
  /** A message for the user; empty when all is well. */
  note: string;
}

export const SIGNED_OUT = 'Signed out: open the link that the hub printed at its start to sign in.';

/**
 * The session of a sign-in link (`#token=…`) or of an earlier visit. The token leaves the address
 * bar at once. The hub says whose a new token is, because every user has a database of their own in this
 * browser.
 */
export async function signIn(): Promise<SignedIn> {
  const linked = takeToken();
  const kept = await readSession();
  if (linked === null || linked === kept.token) {
    return { ...kept, note: kept.token === null ? SIGNED_OUT : '' };
  }
  try {
    const response = await fetch('/api/users/me', {
      headers: { authorization: `Bearer ${linked}` },
      signal: AbortSignal.timeout(USER_TIMEOUT_MS),
    });
    if (!response.ok)
      return { ...kept, token: null, note: `This sign-in link has ended. ${SIGNED_OUT}` };
    const { name } = (await response.json()) as { name: string };
    localStorage.setItem(SESSION_KEY, JSON.stringify({ token: linked, user: name }));
    return { token: linked, user: name, note: '' };
  } catch {
    return { ...kept, note: 'The hub does not answer: open the sign-in link again when it does.' };
  }
}

function takeToken(): string | null {
  const params = new URLSearchParams(location.hash.slice(1));
  const token = params.get('token');
  if (token === null) return null;
  params.delete('token');
  const rest = params.toString(); // the viewer's
  const hash = rest === '' ? '' : `#${rest}`;
  history.replaceState(null, '', location.pathname + location.search + hash);
  return token;
}

async function readSession(): Promise<{ token: string | null; user: string | null }> {
  try {
    const { token, user } = JSON.parse(localStorage.getItem(SESSION_KEY) ?? '{}');
    if (user) return { token: token ?? null, user };
  } catch {
    // this page did not write it
  }
  // A killed browser may lose the newest part of its localStorage, and keeps IndexedDB.
  const users = await storedUsers({ server: location.origin });
  const [only = null, ...others] = users.filter((name) => name !== '');
  return { token: null, user: others.length === 0 ? only : null };
}
