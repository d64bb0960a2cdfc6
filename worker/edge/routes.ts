import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Credentials, Identity } from './credentials.ts';
import { answerGraphql, type GraphqlRequest } from './graphql.ts';
import type { CoreRequest } from './hub.ts';
import { randomHex } from './users.ts';

/** What AYON clients read to decide what a server can do (protocol.md 10.4). */
export const SERVER_VERSION = '1.16.0+cuesheet';

const MAX_BODY_BYTES = 8 << 20;
const LOGINS_PER_MINUTE = 10;
const MAX_THROTTLED = 10_000;
/** Operations that change nothing: their answers wait for no commit. */
const READS = new Set(['get', 'query']);

interface RouteOptions {
  credentials: Credentials;
  ask: (request: CoreRequest) => { status: number; body: Uint8Array };
  settle: () => Promise<void>;
  page?: (path: string) => Promise<Response | null>;
}

type Env = { Variables: { identity: Identity }; Bindings: { address: string } };

/** AYON's routes (protocol.md 3-6, 10). Paths and credentials here, every rule in the core. */
export function createRoutes(
  options: RouteOptions,
): (request: Request, address?: string) => Promise<Response> {
  const { credentials, ask, settle } = options;
  const app = new Hono<Env>();
  const mayLogIn = createThrottle();

  app.use('*', async (c, next) => {
    await next();
    c.res.headers.set('X-Request-ID', randomHex(16));
  });
  app.use(
    '*',
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) => refuse(c, 413, `the body is larger than ${MAX_BODY_BYTES} bytes`),
    }),
  );
  app.use('*', async (c, next) => {
    c.set('identity', await credentials.identify(c.req.raw));
    await next();
  });

  const forward = async (c: Context<Env>, operation: string) => {
    const hasBody = c.req.method === 'POST' || c.req.method === 'PATCH';
    const body = hasBody ? new Uint8Array(await c.req.arrayBuffer()) : '';
    const { status, body: answer } = ask({ operation, ...requestOf(c), body });
    if (!READS.has(operation)) await settle();
    return respond(status, answer);
  };
  app.post('/api/events', (c) => forward(c, 'dispatch'));
  app.get('/api/events/:id', (c) => forward(c, 'get'));
  app.patch('/api/events/:id', (c) => forward(c, 'update'));
  app.delete('/api/events/:id', (c) => forward(c, 'delete'));
  app.post('/api/query', (c) => forward(c, 'query'));
  app.post('/api/eventops', (c) => forward(c, 'eventops'));
  app.post('/api/enroll', (c) => forward(c, 'enroll'));

  app.get('/api/info', (c) => c.json({ version: SERVER_VERSION }));
  app.get('/api/users/me', (c) => {
    const identity = c.get('identity');
    if (!identity.user) return refuse(c, identity.deniedStatus, identity.denied);
    const { name, data } = identity.user;
    return c.json({ name, attrib: {}, data, active: true });
  });

  app.post('/api/auth/login', async (c) => {
    if (!mayLogIn(c.env.address)) return refuse(c, 503, 'Too many login attempts');
    const { name, password } = await c.req.json().catch(() => ({}));
    if (typeof name !== 'string' || typeof password !== 'string') {
      return refuse(c, 400, 'login: expected {"name": string, "password": string}');
    }
    const user = await credentials.login(name, password);
    if (!user) return refuse(c, 403, 'Invalid login/password combination');
    const token = await credentials.createSession(user);
    const shown = { name: user.name, attrib: {}, data: user.data, active: true };
    const detail = `Logged in as ${user.name}`;
    return c.json({ detail, error: null, token, user: shown, redirectUrl: null });
  });
  app.post('/api/auth/logout', async (c) => {
    const identity = c.get('identity');
    if (!identity.user) return refuse(c, identity.deniedStatus, identity.denied);
    if (identity.token) await credentials.endSession(identity.token);
    return c.json({ detail: 'Logged out' });
  });

  app.post('/graphql', async (c) => {
    const text = await c.req.text();
    const request = parseGraphql(text);
    const caller = requestOf(c);
    // The core refuses broken JSON and missing credentials as it does on every route.
    if (!request || !caller.user) {
      const { status, body } = ask({ operation: 'graphql.events', ...caller, body: text });
      return status < 400
        ? refuse(c, 400, 'graphql: the body has no "query"')
        : respond(status, body);
    }
    const answer = await answerGraphql(request, (args) => {
      const { status, body } = ask({
        operation: 'graphql.events',
        ...caller,
        body: JSON.stringify(args),
      });
      const json = JSON.parse(new TextDecoder().decode(body));
      return status < 400 ? { connection: json } : { message: json.detail, status: json.status };
    });
    return c.json(answer);
  });

  for (const path of [
    '/api/events',
    '/api/events/:id',
    '/api/query',
    '/api/eventops',
    '/api/enroll',
  ]) {
    app.all(path, (c) => c.json({ detail: 'Method Not Allowed' }, 405));
  }
  app.notFound(async (c) => {
    const path = c.req.path;
    if (path.startsWith('/api/')) {
      return c.json({ code: 404, detail: `API endpoint ${path} not found`, path }, 404);
    }
    const page = c.req.method === 'GET' ? await options.page?.(path) : null;
    if (page) return page;
    return path === '/' ? c.text('cuesheet hub') : c.text('not found', 404);
  });
  app.onError((error, c) => {
    console.error(`cuesheet: ${c.req.method} ${c.req.path}: ${error.message}`);
    return c.json({ status: 500, detail: `${error.name}: ${error.message}` }, 500);
  });
  return async (request, address = '') => app.fetch(request, { address });
}

function requestOf(c: Context<Env>) {
  const identity = c.get('identity');
  return {
    id: c.req.param('id') ?? '',
    sender: c.req.header('x-sender') ?? null,
    senderType: c.req.header('x-sender-type') ?? null,
    ...(identity.user ? { user: identity.user } : identity),
  };
}

function respond(status: number, body: Uint8Array): Response {
  if (status === 204) return new Response(null, { status });
  const headers = { 'content-type': 'application/json' };
  return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
}

function refuse(c: Context, code: number, detail: string): Response {
  return c.json({ code, detail }, code as 400);
}

function parseGraphql(text: string): GraphqlRequest | null {
  try {
    const request = JSON.parse(text);
    return typeof request?.query === 'string' ? request : null;
  } catch {
    return null;
  }
}

/** At most LOGINS_PER_MINUTE per address (protocol.md 10.1). */
function createThrottle(): (address: string) => boolean {
  const recent = new Map<string, number[]>();
  return (address) => {
    const now = Date.now();
    const times = (recent.get(address) ?? []).filter((time) => time > now - 60_000);
    if (times.length >= LOGINS_PER_MINUTE) return false;
    if (recent.size >= MAX_THROTTLED) recent.clear();
    recent.set(address, [...times, now]);
    return true;
  };
}
