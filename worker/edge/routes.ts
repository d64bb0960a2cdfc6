import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { entropy } from '../../wasm/entropy.ts';
import { addAccountRoutes } from './account-routes.ts';
import type { Credentials } from './credentials.ts';
import { answerGraphql, type GraphqlRequest } from './graphql.ts';
import { addFeedRoutes, type Pack } from './feed-routes.ts';
import type { CoreAnswer, CoreRequest } from './hub.ts';
import type { Log } from './log.ts';
import { DOCS_HEADERS, docsPage } from './openapi/docs-page.ts';
import { openApiDocument } from './openapi/document.ts';
import { addOperationRoutes, type Figures } from './operation-routes.ts';
import { addRelayRoutes } from './relay-routes.ts';
import { createRateLimit, type Rate } from './rate-limit.ts';
import { addRoute, type CoreOperation, honoPath, type Route, ROUTES } from './route-table.ts';
import type { Upstream } from './upstream.ts';
import { type Env, refuse, respond, routeOf } from './responses.ts';

/** What AYON clients read to decide what a server can do (protocol.md 10.4). */
export const SERVER_VERSION = '1.16.0+cuesheet';

const MAX_BODY_BYTES = 8 << 20;
/**
 * Refusals that rest on no stored event wait for none either. 404 and 409 do: a client takes them for
 * facts, so they must not rest on an event that a crash could take back.
 */
const REFUSED_AT_ONCE = new Set([400, 401, 403, 413, 501, 503]);

export interface RouteOptions {
  packBrotli?: Pack;
  credentials: Credentials;
  ask: (request: CoreRequest) => CoreAnswer;
  settle: () => Promise<void>;
  /** Resolves, at the latest after `timeoutMs`, when the store may have changed. */
  changed: (timeoutMs: number) => Promise<void>;
  /** What `/metrics` shows besides requests; null when the hub is stopping. */
  /** Resolves when all events are here; null = they are. Rejects when that will not be. */
  loading: () => Promise<void> | null;
  /** What a relay follows. */
  upstream?: Upstream;
  /** Whether what it has is all there is: not before a relay has its snapshot. */
  isReady: () => boolean;
  figures: () => Figures | null;
  log: Log;
  page?: (path: string) => Promise<Response | null>;
  rate?: Rate;
  origins?: string[];
}

/** AYON's routes (protocol.md 3-6, 10). Paths and credentials here, every rule in the core. */
export function createRoutes(
  options: RouteOptions,
): (request: Request, address?: string) => Promise<Response> {
  const app = createApp(options);
  return async (request, address = '') => app.fetch(request, { address });
}

/** The routes themselves, which `openapi/` describes. */
export function createApp(options: RouteOptions): Hono<Env> {
  const { credentials, ask } = options;
  const app = new Hono<Env>();
  const limit = options.rate && createRateLimit(options.rate);

  app.use('*', async (c, next) => {
    await next();
    c.res.headers.set('X-Request-ID', entropy());
    c.res.headers.set('X-Content-Type-Options', 'nosniff');
  });
  if (options.origins?.length) {
    app.use('*', cors({ origin: options.origins, exposeHeaders: ['X-Request-ID'] }));
  }
  app.use('*', limitBody());
  app.use('*', async (c, next) => {
    const identity = await credentials.identify(c.req.raw);
    c.set('identity', identity);
    const caller = identity.user ? `user ${identity.user.name}` : `address ${c.env?.address}`;
    const seconds = limit?.(caller) ?? 0;
    if (seconds === 0) return next();
    const detail = `too many requests: come again in ${seconds} s`;
    return c.json({ code: 429, detail }, 429, { 'Retry-After': String(seconds) });
  });

  app.use('*', async (c, next) => {
    // A page of GraphQL may be known before everything is.
    const loading =
      c.req.path === '/graphql' || c.req.path === '/healthz' ? null : options.loading();
    if (loading) await loading;
    return next();
  });

  const settle = addOperationRoutes(app, options);
  // A read waits for the commit that covers what it shows; while saving fails it answers all the same.
  const shown = () => settle().catch(() => {});

  const forward = async (c: Context<Env>, operation: CoreOperation) => {
    const { method, isWrite }: Route = ROUTES[operation];
    const hasBody = method === 'POST' || method === 'PATCH';
    const body = hasBody ? new Uint8Array(await c.req.arrayBuffer()) : '';
    const { status, body: answer } = ask({ operation, ...requestOf(c), body });
    if (!isWrite) await shown();
    else if (!REFUSED_AT_ONCE.has(status)) await settle();
    return respond(status, answer);
  };
  if (options.upstream) addRelayRoutes(app, options.upstream);
  const addForwarded = (...operations: CoreOperation[]) => {
    for (const operation of operations) addRoute(app, operation, (c) => forward(c, operation));
  };
  addForwarded('dispatch', 'dispatch.batch');
  const batch = honoPath(ROUTES['dispatch.batch']);
  app.all(batch, (c) => refuseMethod(c, ['POST'])); // or it would be taken for an id
  addForwarded('get', 'update', 'delete', 'query', 'eventops', 'enroll');

  addFeedRoutes(app, {
    ask,
    shown,
    changed: options.changed,
    caller: requestOf,
    ...(options.packBrotli && { packBrotli: options.packBrotli }),
  });

  addRoute(app, 'info', (c) => c.json({ version: SERVER_VERSION }));
  addAccountRoutes(app, credentials);

  addRoute(app, 'graphql.events', async (c) => {
    const text = await c.req.text();
    const request = parseGraphql(text);
    const caller = requestOf(c);
    // The core refuses broken JSON and missing credentials as it does on every route.
    if (request === 'broken' || !caller.user) {
      const { status, body } = ask({ operation: 'graphql.events', ...caller, body: text });
      if (status >= 400) return respond(status, body);
    }
    if (request === 'broken' || !request) {
      return refuse(c, 400, 'graphql: expected {"query": string, "variables": object}');
    }
    const answer = await answerGraphql(request, async (args) => {
      const question: CoreRequest = {
        operation: 'graphql.events',
        ...caller,
        body: JSON.stringify(args),
      };
      const loading = options.loading();
      let { status, body } = ask(question);
      if (status === 503 && loading) {
        await loading;
        ({ status, body } = ask(question));
      }
      const json = JSON.parse(new TextDecoder().decode(body));
      return status < 400 ? { connection: json } : { message: json.detail, status: json.status };
    });
    await shown();
    return c.json(answer);
  });

  addRoute(app, 'openapi', (c) => c.json(openApiDocument(SERVER_VERSION)));
  addRoute(app, 'docs', () => {
    return new Response(docsPage(openApiDocument(SERVER_VERSION)), { headers: DOCS_HEADERS });
  });

  refuseOtherMethods(app);
  app.notFound(async (c) => {
    const path = c.req.path;
    if (path.startsWith('/api/')) {
      return c.json({ code: 404, detail: `API endpoint ${path} not found`, path }, 404);
    }
    const mayRead = c.req.method === 'GET' || c.req.method === 'HEAD';
    const page = mayRead ? await options.page?.(path) : null;
    if (page) return page;
    return path === '/' ? c.text('cuesheet hub') : c.text('not found', 404);
  });
  app.onError((error, c) => {
    // The route, not the address: that may hold anything.
    options.log('error', `${c.req.method} ${routeOf(c)}: ${error.message}`);
    return c.json({ status: 500, detail: `${error.name}: ${error.message}` }, 500);
  });
  return app;
}

function limitBody(): MiddlewareHandler<Env> {
  const tooLarge = (c: Context) =>
    refuse(c, 413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
  const counted = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });
  return async (c, next) => {
    // Where the server holds the client to a length it is enough to look at that: `counted` makes a
    // stream of every body, which on Node costs a third of a dispatch.
    const length = c.req.header('content-length');
    const isCounted = c.req.header('transfer-encoding') !== undefined || length === undefined;
    if (isCounted && c.req.method !== 'GET' && c.req.method !== 'HEAD') return counted(c, next);
    return Number(length) > MAX_BODY_BYTES ? tooLarge(c) : next();
  };
}

/** Any other method of the routes there are is 405 and names those it has. */
function refuseOtherMethods(app: Hono<Env>): void {
  const methods = new Map<string, string[]>();
  for (const { path, method } of app.routes) {
    if (method === 'ALL') continue; // what runs for every request
    methods.set(path, [
      ...(methods.get(path) ?? []),
      ...(method === 'GET' ? ['GET', 'HEAD'] : [method]),
    ]);
  }
  for (const [path, allowed] of methods) {
    app.all(path, (c) => refuseMethod(c, allowed));
  }
}

function refuseMethod(c: Context<Env>, allowed: string[]) {
  return c.json({ detail: 'Method Not Allowed' }, 405, { Allow: allowed.join(', ') });
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

/** Null for JSON that is no GraphQL request. */
function parseGraphql(text: string): GraphqlRequest | null | 'broken' {
  let request: Partial<Record<keyof GraphqlRequest, unknown>> | null;
  try {
    request = JSON.parse(text);
  } catch {
    return 'broken';
  }
  const { query, variables, operationName } = request ?? {};
  const isRequest =
    typeof query === 'string' &&
    typeof (variables ?? {}) === 'object' &&
    typeof (operationName ?? '') === 'string';
  return isRequest ? (request as GraphqlRequest) : null;
}
