import { type Context, Hono } from 'hono';
import { addAccountRoutes } from './account-routes.ts';
import type { CoreAnswer, CoreRequest } from './core-request.ts';
import type { Credentials } from './credentials.ts';
import { addFeedRoutes, type Pack } from './feed-routes.ts';
import { addGraphqlRoute } from './graphql-route.ts';
import type { Log } from './log.ts';
import { addMiddleware } from './middleware.ts';
import { DOCS_HEADERS, docsPage } from './openapi/docs-page.ts';
import { openApiDocument } from './openapi/document.ts';
import { addOperationRoutes, type Figures } from './operation-routes.ts';
import { addRelayRoutes, type CheckAnswer } from './relay/routes.ts';
import type { Rate } from './rate-limit.ts';
import { addRoute, type CoreRoute, honoPath, type Route, ROUTES } from './route-table.ts';
import type { Upstream } from './relay/upstream.ts';
import { type Env, HubStopped, refuse, respond, routeOf } from './responses.ts';
import { DISK_FULL, isDiskFull } from './saving.ts';
import { createTurns, type Turns } from './turns.ts';

/** What AYON clients read to decide what a server can do (protocol.md 10.4). */
const SERVER_VERSION = '1.16.0+cuesheet';

/**
 * Refusals that rest on no stored event wait for none either. 404 and 409 do: a client takes them for
 * facts, so they must not rest on an event that a crash could take back.
 */
const REFUSED_AT_ONCE = new Set([400, 401, 403, 413, 501, 503, 507]);

export interface RouteOptions {
  packBrotli?: Pack;
  credentials: Credentials;
  ask: (request: CoreRequest) => CoreAnswer;
  settle: () => Promise<void>;
  /** Resolves, at the latest after `timeoutMs`, when the store may have changed. */
  changed: (timeoutMs: number) => Promise<void>;
  /** Resolves when all events are here; null = they are. Rejects when that will not be. */
  loading: () => Promise<void> | null;
  /** What a relay follows. */
  upstream?: Upstream;
  /** Whether what it has is all there is: not while the upstream of a relay does not answer. */
  isReady: () => boolean;
  /** Whether that has been so once: not before a relay has its first snapshot. */
  hasCopy: () => boolean;
  /** Of a relay: whether its upstream has answered itself. */
  check: CheckAnswer;
  /** Whether the last commit succeeded. */
  isSaving: () => boolean;
  /** Whether there is no memory for new events. */
  isFull: () => boolean;
  /** What `/metrics` shows besides requests. */
  figures: () => Figures;
  /** Why the hub serves nothing any more; null = it does. After the end `figures` must not be called. */
  ended: () => string | null;
  log: Log;
  page?: (path: string) => Promise<Response | null>;
  rate?: Rate;
  origins?: string[];
}

/** AYON's routes (protocol.md 3-6, 10). Paths and credentials here, every rule in the core. */
export function createRoutes(
  options: RouteOptions,
): (request: Request, address?: string) => Promise<Response> {
  const turns = createTurns();
  const app = createApp(options, turns);
  return async (request, address = '') => {
    turns.arrived();
    return app.fetch(request, { address });
  };
}

/** The routes themselves, which `openapi/` describes. */
export function createApp(options: RouteOptions, turns: Turns = createTurns()): Hono<Env> {
  const { credentials } = options;
  const app = new Hono<Env>();
  const ask = timed(options.ask, turns);
  addMiddleware(app, options);
  const settle = addOperationRoutes(app, options);
  // A read waits for the commit that covers what it shows. While saving fails it still answers.
  const shown = () => settle().catch(() => {});
  if (options.upstream) addRelayRoutes(app, options.upstream, options.hasCopy, options.check);
  addEventRoutes(app, { ask, turns, settle, shown });
  addFeedRoutes(app, {
    ask,
    shown,
    changed: options.changed,
    caller: requestOf,
    log: options.log,
    ...(options.packBrotli && { packBrotli: options.packBrotli }),
  });
  addRoute(app, 'info', (c) => c.json({ version: SERVER_VERSION }));
  addAccountRoutes(app, credentials);
  addGraphqlRoute(app, { ask, turns, shown, caller: requestOf, loading: options.loading });
  addRoute(app, 'openapi', (c) => c.json(openApiDocument(SERVER_VERSION)));
  addRoute(app, 'docs', () => {
    return new Response(docsPage(openApiDocument(SERVER_VERSION)), { headers: DOCS_HEADERS });
  });
  refuseOtherMethods(app);
  addFallbacks(app, options);
  return app;
}

/** Says how long the core was busy for a caller. */
function timed(ask: RouteOptions['ask'], turns: Turns): RouteOptions['ask'] {
  return (request) => {
    const start = performance.now();
    const answer = ask(request);
    turns.took(request.user?.name ?? '', performance.now() - start);
    return answer;
  };
}

function addEventRoutes(
  app: Hono<Env>,
  {
    ask,
    turns,
    settle,
    shown,
  }: {
    ask: RouteOptions['ask'];
    turns: Turns;
    settle: () => Promise<void>;
    shown: () => Promise<void>;
  },
): void {
  const forward = async (c: Context<Env>, operation: CoreRoute) => {
    const { method, isWrite }: Route = ROUTES[operation];
    const hasBody = method === 'POST' || method === 'PATCH';
    const body = hasBody ? new Uint8Array(await c.req.arrayBuffer()) : '';
    const request = { operation, ...requestOf(c), body };
    const turn = turns.wait(request.user?.name ?? '');
    const refusal = turn && (await turn);
    if (refusal !== null) return refuse(c, 503, refusal);
    const { status, body: answer, durable } = ask(request);
    if (isWrite && !REFUSED_AT_ONCE.has(status)) await settle();
    else if (!isWrite && !durable) await shown();
    return respond(c, status, answer);
  };
  const add = (...operations: CoreRoute[]) => {
    for (const operation of operations) addRoute(app, operation, (c) => forward(c, operation));
  };
  add('dispatch', 'dispatch.batch');
  const batch = honoPath(ROUTES['dispatch.batch']);
  app.all(batch, (c) => refuseMethod(c, ['POST'])); // otherwise it would be taken for an id
  add('get', 'update', 'delete', 'query', 'eventops', 'enroll');
}

/** Answers requests without a route, and errors of routes. */
function addFallbacks(app: Hono<Env>, { log, page: pageAt }: RouteOptions): void {
  app.notFound(async (c) => {
    const path = c.req.path;
    if (path.startsWith('/api/')) {
      return c.json({ code: 404, detail: `API endpoint ${path} not found`, path }, 404);
    }
    const mayRead = c.req.method === 'GET' || c.req.method === 'HEAD';
    const page = mayRead ? await pageAt?.(path) : null;
    if (page) return page;
    return path === '/' ? c.text('cuesheet hub') : c.text('not found', 404);
  });
  app.onError((error, c) => {
    if (error instanceof HubStopped) return refuse(c, 503, error.message);
    if (isDiskFull(error)) return refuse(c, 507, DISK_FULL); // `Saving` logs it
    // The route and not the address, which may contain a credential.
    log('error', `${c.req.method} ${routeOf(c)}: ${error.message}`);
    return c.json({ status: 500, detail: `${error.name}: ${error.message}` }, 500);
  });
}

/** Any other method of an existing path is 405, which names the allowed ones. */
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
