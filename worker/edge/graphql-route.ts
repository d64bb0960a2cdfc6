import type { Context, Hono } from 'hono';
import type { CoreAnswer, CoreRequest } from './core-request.ts';
import { answerGraphql, type AskEvents, type AskPlan, type GraphqlRequest } from './graphql.ts';
import { type Env, refuse, respond } from './responses.ts';
import { addRoute, type CoreOperation } from './route-table.ts';
import type { Turns } from './turns.ts';

export interface GraphqlOptions {
  ask: (request: CoreRequest) => CoreAnswer;
  turns: Turns;
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
      if (status >= 400) return respond(c, status, body);
    }
    if (request === 'broken' || !request) {
      return refuse(c, 400, 'graphql: expected {"query": string, "variables": object}');
    }
    const turn = options.turns.wait(caller.user?.name ?? '');
    const refusal = turn && (await turn);
    if (refusal !== null) return refuse(c, 503, refusal);
    const asked = createAsked(options, caller);
    const answer = await answerGraphql(request, createAskPlan(asked), createAskEvents(asked));
    if (!('body' in answer)) {
      await shown();
      return c.json(answer);
    }
    if (!answer.durable) await shown();
    return respond(c, 200, answer.body);
  });
}

type Ask = (operation: CoreOperation, body: string) => Promise<CoreAnswer>;

/** Asks the core once more when the answer needs events that were not loaded yet. */
function createAsked(
  { ask, loading }: GraphqlOptions,
  caller: Omit<CoreRequest, 'operation'>,
): Ask {
  return async (operation, body) => {
    const loaded = loading();
    const question: CoreRequest = { operation, ...caller, body };
    const answer = ask(question);
    if (answer.status !== 503 || !loaded) return answer;
    await loaded;
    return ask(question);
  };
}

/** What fails here fails again for graphql-js, which makes an error of it. */
function createAskPlan(ask: Ask): AskPlan {
  return (plan) =>
    ask('graphql.plan', `${plan.select}\n${JSON.stringify(plan.arguments)}`).then(
      (answer) => (answer.status === 200 ? answer : null),
      () => null,
    );
}

function createAskEvents(ask: Ask): AskEvents {
  return async (args) => {
    const { status, body } = await ask('graphql.events', JSON.stringify(args));
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
