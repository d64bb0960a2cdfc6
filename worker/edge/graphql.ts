import {
  buildSchema,
  type DocumentNode,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  parse,
  validate,
  visit,
} from 'graphql';
import type { CoreAnswer } from './core-request.ts';
import { type Plan, planOf } from './graphql-plan.ts';

/** Bounds on one document; the frontend's largest has 5 levels and one alias. */
const MAX_CHARACTERS = 64 << 10;
const MAX_TOKENS = 5000;
const MAX_DEPTH = 16;
const MAX_ALIASES = 20;
/** Documents that are kept, and the longest of them: the frontend has a dozen of 1,000 characters. */
const MAX_KNOWN = 50;
const MAX_KNOWN_CHARACTERS = 4 << 10;
/** The most events of one document's fields; a field that begins below this is answered. As `kMaxPlanEvents`. */
const MAX_EVENTS = 100_000;

/** The part of AYON's schema that deals with events (protocol.md 6.3). */
const SDL = `
scalar DateTime
type Query {
  events(
    ids: [String!], topics: [String!], projects: [String!], users: [String!],
    statuses: [String!], states: [String!], hasChildren: Boolean,
    olderThan: String, newerThan: String, filter: String, includeLogs: Boolean! = false,
    first: Int, after: String, last: Int, before: String
  ): EventsConnection!
}
type EventsConnection { pageInfo: PageInfo! edges: [EventEdge!]! fieldStats: [String!] }
type EventEdge { node: EventNode! cursor: String }
type PageInfo {
  hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String
  columnMetadata: String
}
type EventNode {
  id: String! hash: String! topic: String! sender: String project: String user: String
  dependsOn: String status: String! retries: Int! description: String! summary: String!
  payload: String createdAt: DateTime! updatedAt: DateTime! data: String
}`;

/** Asks the core for one page; the answer is the connection, or the refusal's text and status. */
export type AskEvents = (
  args: Record<string, unknown>,
) => Promise<
  { connection: { edges: { node: EventNode }[] } } | { message: string; status: number | null }
>;

/** Asks the core for the whole answer, which is JSON; null = it has to be made here. */
export type AskPlan = (plan: Plan) => Promise<CoreAnswer | null>;

/** Beside an event's fields, the core says why its payload cannot be read. */
interface EventNode {
  payload: unknown;
  payloadError?: string;
}

export interface GraphqlRequest {
  query: string;
  variables?: Record<string, unknown> | null;
  operationName?: string | null;
}

let schema: GraphQLSchema | undefined;
/** Valid documents by their text, the one that was used last at the end. */
const known = new Map<string, DocumentNode>();

/** A client sends the same text again and again with other variables, so it is parsed and validated once. */
function documentOf(text: string, schema: GraphQLSchema): DocumentNode | readonly GraphQLError[] {
  let document = known.get(text);
  if (document) {
    known.delete(text);
  } else {
    const read = readDocument(text, schema);
    if (!('kind' in read)) return read;
    document = read;
    if (text.length > MAX_KNOWN_CHARACTERS) return document;
    const [oldest] = known.keys();
    if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  }
  known.set(text, document);
  return document;
}

function readDocument(text: string, schema: GraphQLSchema): DocumentNode | readonly GraphQLError[] {
  let document: DocumentNode;
  try {
    if (text.length > MAX_CHARACTERS) {
      throw new GraphQLError(`the document has more than ${MAX_CHARACTERS} characters`);
    }
    document = parse(text, { maxTokens: MAX_TOKENS });
  } catch (error) {
    return [error as GraphQLError];
  }
  const excess = findExcess(document);
  if (excess) return [excess];
  const problems = validate(schema, document, undefined, { maxErrors: 5 });
  return problems.length > 0 ? problems : document;
}

/**
 * Answers one GraphQL request: with the core's answer as it is, or an object. The core answers what is a plan and
 * has no error; graphql-js answers everything else, for example introspection, and so it alone makes errors, which
 * are part of the answer as with AYON.
 */
export async function answerGraphql(
  request: GraphqlRequest,
  askPlan: AskPlan,
  askEvents: AskEvents,
): Promise<CoreAnswer | ExecutionResult> {
  schema ??= buildSchema(SDL);
  const document = documentOf(request.query, schema);
  if (!('kind' in document)) return { data: null, errors: document };
  const plan = planOf(schema, document, request);
  return (
    (plan && (await askPlan(plan))) ?? execute(argumentsOf(schema, document, request, askEvents))
  );
}

/** What graphql-js gets: it asks for each field of `events` by itself. */
function argumentsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  request: GraphqlRequest,
  ask: AskEvents,
): ExecutionArgs {
  let answered = 0;
  let last: Promise<unknown> = Promise.resolve();
  const pageOf = async (args: Record<string, unknown>) => {
    if (answered >= MAX_EVENTS) {
      throw new GraphQLError(`the document asks for more than ${MAX_EVENTS} events`);
    }
    const answer = await ask(args);
    if ('connection' in answer) {
      answered += answer.connection.edges.length;
      for (const { node } of answer.connection.edges) refuseUnreadable(node);
      return answer.connection;
    }
    const extensions = answer.status === null ? {} : { status: answer.status };
    throw new GraphQLError(answer.message, { extensions });
  };
  return {
    schema,
    document,
    rootValue: {
      events(args: Record<string, unknown>) {
        // One after the other; otherwise all of them would begin before the first is counted.
        const page = last.then(() => pageOf(args));
        last = page.catch(() => {});
        return page;
      },
    },
    variableValues: request.variables ?? null,
    operationName: request.operationName ?? null,
  };
}

/** A request for this payload gets an error in its place; other fields are answered. */
function refuseUnreadable(node: EventNode): void {
  const { payloadError } = node;
  if (payloadError === undefined) return;
  node.payload = () => {
    throw new GraphQLError(payloadError, { extensions: { status: 500 } });
  };
}

/**
 * Refuses a document beyond the bounds. Fields without an alias merge, so limiting aliases limits the work,
 * also for fields in fragments; graphql-js itself bounds introspection.
 */
function findExcess(document: DocumentNode): GraphQLError | null {
  let aliases = 0;
  let depth = 0;
  let deepest = 0;
  visit(document, {
    Field: (node) => {
      if (node.alias) aliases++;
    },
    SelectionSet: {
      enter: () => {
        deepest = Math.max(deepest, ++depth);
      },
      leave: () => {
        depth--;
      },
    },
  });
  if (aliases > MAX_ALIASES) {
    return new GraphQLError(`the document has ${aliases} aliases: at most ${MAX_ALIASES}`);
  }
  if (deepest > MAX_DEPTH) {
    return new GraphQLError(`the document is ${deepest} levels deep: at most ${MAX_DEPTH}`);
  }
  return null;
}
