import type { Context, Hono } from 'hono';
import type { CoreAnswer, CoreRequest } from './core-request.ts';
import { answerGraphql, type AskEvents, type GraphqlRequest } from './graphql.ts';
import { type Env, refuse, respond } from './responses.ts';
import { addRoute } from './route-table.ts';

export interface GraphqlOptions {
  ask: (request: CoreRequest) => CoreAnswer;
  shown: () => Promise<void>;
  caller: (c: Context<Env>) => Omit<CoreRequest, 'operation'>;
  /** Resolves when all events are loaded; null = they are. */
  loading: () => Promise<void> | null;
}

/** `POST /graphql`. It may answer a page of events before all events are loaded. */
export function addGraphqlRoute(app: Hono<Env>, options: GraphqlOptions): void {
  const { ask, shown } = options;

  addRoute(app, 'graphql.events', async (c) => {
    const text = await c.req.text();
    const request = parseGraphql(text);
    const caller = options.caller(c);
    // The core refuses broken JSON and missing credentials as it does on every route.
    if (request === 'broken' || !caller.user) {
      const { status, body } = ask({ operation: 'graphql.events', ...caller, body: text });
      if (status >= 400) return respond(status, body);
    }
    if (request === 'broken' || !request) {
      return refuse(c, 400, 'graphql: expected {"query": string, "variables": object}');
    }
    const answer = await answerGraphql(request, createAskEvents(options, caller));
    await shown();
    return c.json(answer);
  });
}

function createAskEvents(
  { ask, loading }: GraphqlOptions,
  caller: Omit<CoreRequest, 'operation'>,
): AskEvents {
  return async (args) => {
    const operation = 'graphql.events';
    const question: CoreRequest = { operation, ...caller, body: JSON.stringify(args) };
    const loaded = loading();
    let { status, body } = ask(question);
    if (status === 503 && loaded) {
      await loaded;
      ({ status, body } = ask(question));
    }
    const json = JSON.parse(new TextDecoder().decode(body));
    return status < 400 ? { connection: json } : { message: json.detail, status: json.status };
  };
}

/** Null for JSON that is not a GraphQL request. */
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
