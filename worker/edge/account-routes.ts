import type { Context, Hono } from 'hono';
import type { Credentials } from './credentials.ts';
import { type Env, refuse } from './responses.ts';
import { addRoute } from './route-table.ts';
import type { User } from './users.ts';

const LOGINS_PER_MINUTE = 10;
const MAX_THROTTLED = 10_000;
const MINUTE_MS = 60_000;

/** The caller, login and logout (protocol.md 10). */
export function addAccountRoutes(app: Hono<Env>, credentials: Credentials): void {
  const mayLogIn = createThrottle();

  addRoute(app, 'me', (c) => {
    const identity = c.get('identity');
    if (!identity.user) return refuse(c, identity.deniedStatus, identity.denied);
    return c.json(shown(identity.user));
  });

  addRoute(app, 'login', async (c) => {
    const login = await readLogin(c);
    if (login instanceof Response) return login;
    if (!mayLogIn(c.env.address)) return refuse(c, 503, 'Too many login attempts');
    const user = await credentials.login(login.name, login.password);
    if (!user) return refuse(c, 403, 'Invalid login/password combination');
    const token = await credentials.createSession(user);
    const detail = `Logged in as ${user.name}`;
    return c.json({ detail, error: null, token, user: shown(user), redirectUrl: null });
  });

  addRoute(app, 'logout', async (c) => {
    const identity = c.get('identity');
    if (!identity.user) return refuse(c, identity.deniedStatus, identity.denied);
    if (identity.token) await credentials.endSession(identity.token);
    return c.json({ detail: 'Logged out' });
  });
}

/** A user in AYON's form, without credentials. */
function shown(user: User): object {
  return { name: user.name, attrib: {}, data: user.data, active: true };
}

async function readLogin(c: Context): Promise<{ name: string; password: string } | Response> {
  let body: unknown;
  try {
    body = await c.req.json();
  } catch (error) {
    return invalid(c, [], (error as Error).message, 'value_error.jsondecode');
  }
  const { name, password } = (body ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string') return invalid(c, ['name'], 'str type expected', 'type_error.str');
  if (typeof password !== 'string') {
    return invalid(c, ['password'], 'str type expected', 'type_error.str');
  }
  return { name, password };
}

/** The body of a failed validation (protocol.md 3.3). */
function invalid(c: Context, field: string[], msg: string, type: string): Response {
  const path = c.req.path;
  const detail = `Request validation error in [${c.req.method}] ${path}`;
  const traceback = `${field.join('.')}: ${msg}`;
  const errors = [{ loc: ['body', ...field], msg, type }];
  return c.json({ code: 400, detail, path, traceback, errors }, 400);
}

/** At most LOGINS_PER_MINUTE per address (protocol.md 10.1); remembers the MAX_THROTTLED that tried last. */
function createThrottle(): (address: string) => boolean {
  const recent = new Map<string, number[]>();
  return (address) => {
    const now = Date.now();
    const times = (recent.get(address) ?? []).filter((time) => time > now - MINUTE_MS);
    if (times.length >= LOGINS_PER_MINUTE) return false;
    recent.delete(address); // so that the map stays in the order of the last attempt
    recent.set(address, [...times, now]);
    const [longestAgo] = recent.keys();
    if (recent.size > MAX_THROTTLED && longestAgo !== undefined) recent.delete(longestAgo);
    return true;
  };
}
