import type { Handler, Hono } from 'hono';
import type { Env } from './responses.ts';

/** One kind of request: `routes.ts` answers it, `openapi/` describes it, a relay forwards it when it is a write. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As OpenAPI writes it: `{id}` matches any text in its place. */
  readonly path: string;
  /** It may change something: a relay forwards it to its upstream. */
  readonly isWrite?: boolean;
}

/**
 * What the core answers, by the names of its operations. `core/hub/operations.h` has the same table and
 * that of CORE_PARTS, and tests/unit/border.test.ts compares them.
 */
export const CORE_ROUTES = {
  dispatch: { method: 'POST', path: '/api/events', isWrite: true },
  'dispatch.batch': { method: 'POST', path: '/api/events/batch', isWrite: true },
  get: { method: 'GET', path: '/api/events/{id}' },
  update: { method: 'PATCH', path: '/api/events/{id}', isWrite: true },
  delete: { method: 'DELETE', path: '/api/events/{id}', isWrite: true },
  query: { method: 'POST', path: '/api/query' },
  eventops: { method: 'POST', path: '/api/eventops', isWrite: true },
  enroll: { method: 'POST', path: '/api/enroll', isWrite: true },
  'graphql.events': { method: 'POST', path: '/graphql' },
  changes: { method: 'GET', path: '/api/changes' },
  snapshot: { method: 'GET', path: '/api/snapshot' },
  export: { method: 'GET', path: '/api/export' },
} as const satisfies Record<string, Route>;

/** Other operations of the core, with the route whose answer they make. */
export const CORE_PARTS = {
  'graphql.plan': CORE_ROUTES['graphql.events'],
} as const satisfies Record<string, Route>;

/** What the hub answers without the core. */
const HOST_ROUTES = {
  info: { method: 'GET', path: '/api/info' },
  me: { method: 'GET', path: '/api/users/me' },
  login: { method: 'POST', path: '/api/auth/login', isWrite: true },
  logout: { method: 'POST', path: '/api/auth/logout', isWrite: true },
  openapi: { method: 'GET', path: '/openapi.json' },
  docs: { method: 'GET', path: '/docs' },
  health: { method: 'GET', path: '/healthz' },
  metrics: { method: 'GET', path: '/metrics' },
} as const satisfies Record<string, Route>;

/** All routes of a hub, in the order in which its description has them. */
export const ROUTES = { ...CORE_ROUTES, ...HOST_ROUTES };

export type CoreRoute = keyof typeof CORE_ROUTES;
export type CoreOperation = CoreRoute | keyof typeof CORE_PARTS;
export type RouteName = keyof typeof ROUTES;

/** The names, which `Object.keys` would take for any text. */
export const ROUTE_NAMES = Object.keys(ROUTES) as RouteName[];

/** The path as Hono writes it. */
export const honoPath = ({ path }: Route): string => path.replace(/\{(\w+)\}/g, ':$1');

export function addRoute(app: Hono<Env>, name: RouteName, handler: Handler<Env>): void {
  app.on(ROUTES[name].method, honoPath(ROUTES[name]), handler);
}
