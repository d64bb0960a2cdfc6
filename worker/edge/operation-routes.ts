import type { Hono } from 'hono';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { type Env, refuse, routeOf } from './responses.ts';
import { addRoute } from './route-table.ts';

/** Methods with a label of their own; all others share one, so that clients cannot add labels. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);
/** Figures of a hub, by their names in `/metrics`. Those that end in `_total` are counters, others gauges. */
export type Figures = Readonly<Record<string, number>>;

/**
 * Counts all requests from here on, and serves `/healthz` and `/metrics` (docs/hub.md). Returns `settle`,
 * which also measures its time.
 */
export function addOperationRoutes(
  app: Hono<Env>,
  options: {
    settle: () => Promise<void>;
    figures: () => Figures;
    ended: () => string | null;
    isReady: () => boolean;
    isSaving: () => boolean;
    isFull: () => boolean;
    log: Log;
  },
): () => Promise<void> {
  const metrics = createMetrics();
  let underWay = 0;
  let committing = 0;

  app.use('*', async (c, next) => {
    const start = performance.now();
    underWay++;
    try {
      await next();
    } finally {
      underWay--;
    }
    const route = routeOf(c);
    const method = METHODS.has(c.req.method) ? c.req.method : 'other';
    const seconds = (performance.now() - start) / 1000;
    const { status } = c.res;
    metrics.request(method, route, status, seconds);
    options.log('info', 'request', {
      method,
      route: route, // not the address, which may carry a token
      status,
      ms: Math.round(seconds * 10_000) / 10,
      user: c.get('identity')?.user?.name ?? null,
    });
  });

  addRoute(app, 'health', (c) => {
    const ended = options.ended();
    if (ended !== null) return refuse(c, 503, ended);
    if (!options.isReady()) return refuse(c, 503, 'The upstream does not answer');
    if (!options.isSaving()) return refuse(c, 503, 'What was written could not be saved');
    return c.json({ status: 'ok', ...(options.isFull() && { memory: 'full' }) });
  });

  addRoute(app, 'metrics', (c) => {
    const identity = c.get('identity');
    if (!identity.user) return refuse(c, identity.deniedStatus, identity.denied);
    const { isAdmin, isService, isGuest } = identity.user.data;
    if (isGuest || !(isAdmin || isService)) {
      return refuse(c, 403, 'Only admins and services can read metrics');
    }
    const ended = options.ended();
    if (ended !== null) return refuse(c, 503, ended);
    const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
    const underway = { requests_under_way: underWay, requests_committing: committing };
    return c.body(metrics.text({ ...options.figures(), ...underway }), 200, headers);
  });

  return async () => {
    const start = performance.now();
    committing++;
    try {
      await options.settle();
    } finally {
      committing--;
      metrics.commit((performance.now() - start) / 1000);
    }
  };
}
