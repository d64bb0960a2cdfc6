import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Identity } from './credentials.ts';

/** What every route of the hub finds in its context. */
export type Env = {
  Variables: {
    identity: Identity;
    requestId: string;
    /** The answer has all headers. */
    isComplete?: boolean;
  };
  Bindings: { address: string };
};

/** Why a hub answers with 503, and what somebody has to do. */
export const STOPPING = 'The hub is stopping';
export const CRASHED = 'The hub has ended after an internal error and must be started again';

/** What waits for a commit that a crash of the core took away. */
export class HubStopped extends Error {
  constructor() {
    super(`${CRASHED}: check whether this was stored`);
  }
}

/** The headers that every answer has. */
export function commonHeaders(c: Context<Env>): Record<string, string> {
  return { 'X-Request-ID': c.get('requestId'), 'X-Content-Type-Options': 'nosniff' };
}

/** A core's answer as it is. A plain object of all headers is what Node's server writes fastest. */
export function respond(c: Context<Env>, status: number, body: Uint8Array): Response {
  c.set('isComplete', true);
  const common = commonHeaders(c);
  if (status === 204) return new Response(null, { status, headers: common });
  const headers = { 'content-type': 'application/json', ...common };
  return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
}

/** AYON's short body of a refusal (protocol.md 3.3). */
export function refuse(c: Context, code: number, detail: string): Response {
  return c.json({ code, detail }, code as 400);
}

/** The route of a request as it was registered, for logs and figures: an address may hold anything. */
export function routeOf(c: Context): string {
  return matchedRoutes(c).find(({ path }) => path !== '*' && path !== '/*')?.path ?? 'other';
}
