import {
  buildSchema,
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  validate,
} from 'graphql';

/** Bounds on one document: tokens of its text, and `events` fields at its root. */
const MAX_TOKENS = 5000;
const MAX_ROOT_FIELDS = 20;

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
) => { connection: unknown } | { message: string; status: number | null };

export interface GraphqlRequest {
  query: string;
  variables?: Record<string, unknown> | null;
  operationName?: string | null;
}

let schema: GraphQLSchema | undefined;

/** Answers one GraphQL request; errors are part of the answer, as AYON has it. */
export async function answerGraphql(request: GraphqlRequest, ask: AskEvents): Promise<object> {
  schema ??= buildSchema(SDL);
  let document: DocumentNode;
  try {
    document = parse(request.query, { maxTokens: MAX_TOKENS });
  } catch (error) {
    return { data: null, errors: [error as GraphQLError] };
  }
  const problems = validate(schema, document, undefined, { maxErrors: 5 });
  const crowded = tooManyFields(document);
  if (crowded) return { data: null, errors: [crowded] };
  if (problems.length > 0) return { data: null, errors: problems };
  return await execute({
    schema,
    document,
    rootValue: {
      events(args: Record<string, unknown>) {
        const answer = ask(args);
        if ('connection' in answer) return answer.connection;
        const extensions = answer.status === null ? {} : { status: answer.status };
        throw new GraphQLError(answer.message, { extensions });
      },
    },
    variableValues: request.variables ?? null,
    operationName: request.operationName ?? null,
  });
}

function tooManyFields(document: DocumentNode): GraphQLError | null {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const count = definition.selectionSet.selections.length;
    if (count > MAX_ROOT_FIELDS) {
      return new GraphQLError(`${count} fields at the root: at most ${MAX_ROOT_FIELDS}`);
    }
  }
  return null;
}
