import type { Context, Hono } from 'hono';
import { CREDENTIAL_HEADERS } from './credentials.ts';
import { type Env, refuse } from '../responses.ts';
import { addRoute, type Route, ROUTE_NAMES, type RouteName, ROUTES } from '../route-table.ts';
import { answerOf, type UpstreamAnswer } from '../../replica/connection-host.ts';
import type { Upstream } from './upstream.ts';

/** Whether the upstream itself has answered this request, and what came in words. */
export type CheckAnswer = (
  operation: RouteName,
  answer: UpstreamAnswer,
) => { isOwn: boolean; what: string };

const TIMEOUT_MS = 60_000;
const UNSURE = 'The upstream does not answer: it may have done this or not';
const INTERCEPTED = 'Something else than the upstream answers at its address';
const INCOMPLETE = 'The relay does not have all events yet, try again';
const UNKNOWN = 'The upstream does not answer, and the relay has no such event';
const FORWARDED = [...CREDENTIAL_HEADERS, 'content-type', 'x-sender', 'x-sender-type'] as const;
const RETURNED = ['content-type', 'location', 'retry-after', 'set-cookie'] as const;

/**
 * Forwards the writes of a relay: the upstream carries them out with the caller's own credentials. The answer is
 * returned unchanged, when it is the upstream's own (core/replica/upstream_answer.h). A single event that is not in the
 * copy is asked for there too, because the upstream may have it already: a 404 of a relay is its upstream's. There is no
 * snapshot or export of half a copy, because who takes a snapshot removes what it does not have, and a backup must be
 * whole.
 */
export function addRelayRoutes(
  app: Hono<Env>,
  upstream: Upstream,
  hasCopy: () => boolean,
  check: CheckAnswer,
): void {
  for (const name of ROUTE_NAMES) {
    const { isWrite }: Route = ROUTES[name];
    if (isWrite) addRoute(app, name, (c) => forward(c, name, upstream, check));
  }
  addRoute(app, 'get', async (c, next) => {
    await next();
    if (c.res.status === 404) c.res = await forward(c, 'get', upstream, check);
  });
  for (const name of ['snapshot', 'export'] as const) {
    addRoute(app, name, (c, next) =>
      hasCopy() ? next() : Promise.resolve(refuse(c, 503, INCOMPLETE)),
    );
  }
}

async function forward(
  c: Context<Env>,
  name: RouteName,
  upstream: Upstream,
  check: CheckAnswer,
): Promise<Response> {
  const headers: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = c.req.header(name);
    if (value !== undefined) headers[name] = value;
  }
  const { pathname, search } = new URL(c.req.url);
  const body = await c.req.arrayBuffer();
  try {
    const answer = await upstream.fetch(pathname + search, {
      method: c.req.method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body.byteLength > 0 && { body }),
    });
    const returned = new Headers();
    for (const header of RETURNED) {
      const value = answer.headers.get(header);
      if (value !== null) returned.set(header, value);
    }
    const read = await answerOf(answer);
    const { isOwn, what } = check(name, read);
    if (!isOwn) return refuse(c, 503, `${INTERCEPTED} (${what}): the upstream may not have this`);
    const { status, bytes } = read;
    const text = bytes.length > 0 ? (bytes as Uint8Array<ArrayBuffer>) : null;
    return new Response(text, { status, headers: returned });
  } catch {
    return refuse(c, 503, c.req.method === 'GET' ? UNKNOWN : UNSURE);
  }
}
