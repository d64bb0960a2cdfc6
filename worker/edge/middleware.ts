import type { Context, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { requestId } from 'hono/request-id';
import { entropy } from '../../wasm/entropy.ts';
import type { Credentials } from './credentials.ts';
import { createRateLimit, type Rate } from './rate-limit.ts';
import { commonHeaders, type Env, refuse } from './responses.ts';

const MAX_BODY_BYTES = 8 << 20;

/** What runs before every route: headers, bounds, the caller, and the wait until all events are loaded. */
export function addMiddleware(
  app: Hono<Env>,
  options: {
    credentials: Credentials;
    loading: () => Promise<void> | null;
    rate?: Rate;
    origins?: string[];
  },
): void {
  // A new id for each request, set on the answer: the middleware's own header would be the client's,
  // and is lost when a handler answers with its own Response.
  app.use('*', requestId({ headerName: '', generator: entropy }));
  app.use('*', async (c, next) => {
    await next();
    if (c.get('isComplete')) return;
    for (const [name, value] of Object.entries(commonHeaders(c))) c.res.headers.set(name, value);
  });
  if (options.origins?.length) {
    app.use('*', cors({ origin: options.origins, exposeHeaders: ['X-Request-ID'] }));
  }
  app.use('*', limitBody());
  app.use('*', identify(options.credentials, options.rate));
  app.use('*', async (c, next) => {
    // A GraphQL page may be answered before everything is loaded.
    const loading =
      c.req.path === '/graphql' || c.req.path === '/healthz' ? null : options.loading();
    if (loading) await loading;
    return next();
  });
}

function identify(credentials: Credentials, rate: Rate | undefined): MiddlewareHandler<Env> {
  const limit = rate && createRateLimit(rate);
  return async (c, next) => {
    const identity = await credentials.identify(c.req.raw);
    c.set('identity', identity);
    const caller = identity.user ? `user ${identity.user.name}` : `address ${c.env?.address}`;
    const seconds = limit?.(caller) ?? 0;
    if (seconds === 0) return next();
    const detail = `too many requests: come again in ${seconds} s`;
    return c.json({ code: 429, detail }, 429, { 'Retry-After': String(seconds) });
  };
}

function limitBody(): MiddlewareHandler<Env> {
  const tooLarge = (c: Context) =>
    refuse(c, 413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
  const counted = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });
  return async (c, next) => {
    // Where the server enforces the length, checking it is enough: `counted` makes a stream of every
    // body, which on Node costs a third of a dispatch.
    const length = c.req.header('content-length');
    const isCounted = c.req.header('transfer-encoding') !== undefined || length === undefined;
    if (isCounted && c.req.method !== 'GET' && c.req.method !== 'HEAD') return counted(c, next);
    return Number(length) > MAX_BODY_BYTES ? tooLarge(c) : next();
  };
}
