import { feedOperations } from './feed-operations.ts';
import { ID_PATTERN, ref } from './references.ts';
import { NAME_PATTERN } from './schemas.ts';
import { type RouteName, ROUTE_NAMES, ROUTES } from '../route-table.ts';
import type { Answer, Media, Method, Operation, Parameter, Paths } from './types.ts';

const EXAMPLE_ID = '5eed0000000000000000000000000001';

const json = (name: string, example?: unknown): Readonly<Record<string, Media>> => ({
  'application/json': { schema: ref(name), ...(example !== undefined && { example }) },
});

const answer = (description: string, name: string, example?: unknown): Answer => ({
  description,
  content: json(name, example),
});

/** A body of the given schema; the hub takes none of other media types for another. */
const body = (name: string, example: unknown) => ({ required: true, content: json(name, example) });

const refusal = (detail: string, code: number): Answer => ({
  description: detail,
  content: json('Refusal', { code, detail }),
});

/** Answers that several operations have. */
export const SHARED_ANSWERS: Readonly<Record<string, Answer>> = {
  Invalid: answer('The body, the id in the path or a header is not valid.', 'Invalid', {
    code: 400,
    detail: 'Request validation error in [POST] /api/events',
    path: '/api/events',
    traceback: 'topic: field required',
    errors: [{ loc: ['body', 'topic'], msg: 'field required', type: 'value_error.missing' }],
  }),
  Unauthorized: refusal('Access token is missing', 401),
  Forbidden: refusal('Guest users are not allowed to access this endpoint', 403),
  NotFound: answer('There is no such event, or no such user to act as.', 'Refusal', {
    code: 404,
    detail: 'Event not found',
  }),
  NotAllowed: {
    ...answer('The path has no such method.', 'Detail', { detail: 'Method Not Allowed' }),
    headers: { Allow: { description: 'The methods of the path.', schema: { type: 'string' } } },
  },
  TooLarge: refusal('the body is larger than 8388608 bytes', 413),
  TooMany: {
    ...refusal('too many requests: come again in 2 s', 429),
    headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } },
  },
  Unreadable: refusal('payload-00000001: the checksum of a piece is wrong', 500),
  Unavailable: refusal(
    'The hub is stopping, has ended after an internal error, or could not save the write.',
    503,
  ),
  Full: refusal(
    'memory is full: 56 of 64 MiB are in use, and the last 8 are kept for reads, updates and removals; ' +
      'remove events that are not needed, or give more memory',
    507,
  ),
};

const shared = (name: keyof typeof SHARED_ANSWERS): Answer => ({
  $ref: `#/components/responses/${name}`,
});

/** What every operation may answer. */
const ALWAYS = { 405: shared('NotAllowed'), 429: shared('TooMany') };
const READS = { ...ALWAYS, 401: shared('Unauthorized'), 404: shared('NotFound') };
/** With a body and the rules of events. */
const WRITES = {
  ...READS,
  400: shared('Invalid'),
  403: shared('Forbidden'),
  413: shared('TooLarge'),
  503: shared('Unavailable'),
  507: shared('Full'),
};

const eventId: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'Lower-case hex without hyphens.',
  schema: { type: 'string', pattern: ID_PATTERN },
  example: EXAMPLE_ID,
};

/** The operation with the id that the answer has. */
const linkTo = (operationId: string) => ({ operationId, parameters: { id: '$response.body#/id' } });

const senderHeaders: readonly Parameter[] = [
  {
    name: 'X-Sender',
    in: 'header',
    description: 'The sender, when the body has none: a process, a browser tab.',
    schema: { type: 'string', pattern: NAME_PATTERN },
  },
  {
    name: 'X-Sender-Type',
    in: 'header',
    description: 'The kind of sender; default api.',
    schema: { type: 'string', pattern: NAME_PATTERN },
  },
];

const events = {
  dispatch: {
    operationId: 'dispatchEvent',
    summary: 'Dispatch an event',
    description: 'For managers, admins and services. The user of the event is the caller.',
    tags: ['events'],
    parameters: senderHeaders,
    requestBody: body('Dispatch', {
      topic: 'render.shot',
      project: 'demo',
      description: 'Rendering sh010',
      summary: { shot: 'sh010' },
      finished: false,
    }),
    responses: {
      ...WRITES,
      200: {
        ...answer('The id of the event; with store:false there is no such event.', 'Dispatched', {
          id: EXAMPLE_ID,
        }),
        links: {
          read: linkTo('getEvent'),
          change: linkTo('updateEvent'),
          remove: linkTo('deleteEvent'),
        },
      },
      409: refusal('Event with the same hash already exists', 409),
    },
  },
  batch: {
    operationId: 'dispatchEvents',
    summary: 'Dispatch many events',
    description:
      'Cuesheet’s addition. Up to 1,000 events in order, saved by one commit. A refused entry ' +
      'does not stop the others. Entries cannot have recipients.',
    tags: ['events'],
    parameters: senderHeaders,
    requestBody: body('DispatchBatch', [{ topic: 'render.shot' }, { topic: 'render.done' }]),
    responses: {
      ...WRITES,
      200: answer('An answer for each entry.', 'DispatchedBatch', [
        { id: EXAMPLE_ID },
        { code: 409, detail: 'Event with the same hash already exists' },
      ]),
    },
  },
  get: {
    operationId: 'getEvent',
    summary: 'Read an event',
    description:
      'Normal users may read events of their own projects, and events without a project.',
    tags: ['events'],
    parameters: [eventId],
    responses: {
      ...READS,
      500: shared('Unreadable'),
      503: shared('Unavailable'),
      507: shared('Full'),
      200: answer('The event.', 'Event'),
      400: shared('Invalid'),
      403: shared('Forbidden'),
    },
  },
  update: {
    operationId: 'updateEvent',
    summary: 'Change an event',
    description:
      'Normal users change their own events. The status of an event without a parent is for ' +
      'services to change (docs/protocol.md 4.1).',
    tags: ['events'],
    parameters: [eventId, ...senderHeaders],
    requestBody: body('Update', { progress: 50, description: 'Half of it' }),
    responses: {
      ...WRITES,
      204: { description: 'Changed.' },
      409: answer('This sender has lost its lease on the job.', 'Refusal', {
        code: 409,
        detail:
          "The lease of 'node-7' on this job has ended, and 'node-8' has it now: leave it alone, and ask for " +
          'another job',
      }),
    },
  },
  remove: {
    operationId: 'deleteEvent',
    summary: 'Delete an event',
    description: 'For admins and services. Succeeds when there is no such event.',
    tags: ['events'],
    parameters: [eventId],
    responses: {
      ...READS,
      204: { description: 'The event does not exist any more.' },
      400: shared('Invalid'),
      403: shared('Forbidden'),
      409: answer('The event has children.', 'Refusal', {
        code: 409,
        detail: `id '${EXAMPLE_ID}' is still referenced from table "events".`,
        error: 'foreign-key-violation',
      }),
      503: shared('Unavailable'),
    },
  },
} satisfies Record<string, Operation>;

const filterExample = {
  conditions: [{ key: 'topic', operator: 'like', value: 'render.%' }],
};

const queries = {
  query: {
    operationId: 'queryEvents',
    summary: 'Query events by a filter',
    description: 'For admins and services. Newest first. The only entity is event.',
    tags: ['queries'],
    requestBody: body('Query', { entity: 'event', filter: filterExample, limit: 10 }),
    responses: {
      ...WRITES,
      500: shared('Unreadable'),
      200: {
        description: 'The events.',
        content: {
          'application/json': { schema: { type: 'array', items: ref('QueriedEvent') } },
        },
      },
    },
  },
  eventops: {
    operationId: 'eventOperations',
    summary: 'Delete events by a filter',
    description:
      'For admins and services. Deletes all matching events or none. An empty filter is refused. ' +
      'The operations restart and abort answer 501, as in AYON.',
    tags: ['queries'],
    requestBody: body('EventOps', { type: 'delete', filter: filterExample }),
    responses: {
      ...WRITES,
      500: shared('Unreadable'),
      200: { description: 'Done.', content: { 'application/json': { schema: { type: 'null' } } } },
      409: refusal('One of the events has a child that does not match the filter.', 409),
      501: refusal('Not implemented', 501),
    },
  },
  enroll: {
    operationId: 'enrollJob',
    summary: 'Get a job',
    description:
      'For services. Makes a job of the target topic for the oldest finished event of the source ' +
      'topic that has no job yet, or hands out a failed job again (docs/protocol.md 8).',
    tags: ['queries'],
    parameters: senderHeaders,
    requestBody: body('Enroll', {
      sourceTopic: 'render.shot',
      targetTopic: 'render.publish',
      sender: 'worker-1',
    }),
    responses: {
      ...WRITES,
      500: shared('Unreadable'),
      200: answer('The job.', 'Job', {
        id: EXAMPLE_ID,
        dependsOn: EXAMPLE_ID,
        hash: 'd8104f392e61abb538de315a6db9032a9b03479a219df4271d82168e072ee870',
        status: 'pending',
      }),
      204: { description: 'There is no job.' },
    },
  },
  graphql: {
    operationId: 'graphql',
    summary: 'The GraphQL field `events`',
    description:
      'Errors of the document and of its arguments are part of an answer with status 200. Normal users see ' +
      'their own events, and those that they request by id; guests see none.',
    tags: ['queries'],
    requestBody: body('Graphql', {
      query: 'query ($last: Int) { events(last: $last) { edges { node { id topic status } } } }',
      variables: { last: 10 },
    }),
    responses: {
      ...READS,
      200: answer('The data of the query, or errors.', 'GraphqlAnswer'),
      400: shared('Invalid'),
      413: shared('TooLarge'),
    },
  },
} satisfies Record<string, Operation>;

const account = {
  info: {
    operationId: 'getInfo',
    summary: 'The version of AYON whose protocol this hub speaks',
    description: 'Needs no credentials.',
    tags: ['account'],
    security: [],
    responses: { ...ALWAYS, 200: answer('The version.', 'Info', { version: '1.16.0+cuesheet' }) },
  },
  me: {
    operationId: 'getCurrentUser',
    summary: 'The user of the credentials',
    description: 'With X-as-user: the user as whom a service acts.',
    tags: ['account'],
    responses: {
      ...READS,
      200: answer('The user.', 'User'),
    },
  },
  login: {
    operationId: 'logIn',
    summary: 'Log in',
    description:
      'At most ten attempts a minute from one address. Services have keys and cannot log in.',
    tags: ['account'],
    security: [],
    requestBody: body('Login', { name: 'admin', password: 'the password' }),
    responses: {
      ...ALWAYS,
      200: answer('A session token, valid for 72 hours after its last use.', 'LoggedIn'),
      400: shared('Invalid'),
      403: refusal('Invalid login/password combination', 403),
      413: shared('TooLarge'),
      503: refusal('Too many login attempts', 503),
    },
  },
  logout: {
    operationId: 'logOut',
    summary: 'End the session',
    description: 'The token of the request is no longer valid.',
    tags: ['account'],
    responses: { ...READS, 200: answer('Done.', 'Detail', { detail: 'Logged out' }) },
  },
} satisfies Record<string, Operation>;

/** This description of the hub. */
const own = {
  openapi: {
    operationId: 'getOpenApi',
    summary: 'This document',
    description: 'OpenAPI 3.1. Needs no credentials.',
    tags: ['description'],
    security: [],
    responses: {
      ...ALWAYS,
      200: {
        description: 'The document.',
        content: { 'application/json': { schema: { type: 'object', required: ['openapi'] } } },
      },
    },
  },
  docs: {
    operationId: 'getDocs',
    summary: 'This document as a page',
    description: 'Needs no credentials and runs no script.',
    tags: ['description'],
    security: [],
    responses: {
      ...ALWAYS,
      200: { description: 'HTML.', content: { 'text/html': { schema: { type: 'string' } } } },
    },
  },
  health: {
    operationId: 'getHealth',
    summary: 'Whether the hub accepts and saves events',
    description: 'Needs no credentials.',
    tags: ['description'],
    security: [],
    responses: {
      ...ALWAYS,
      200: {
        description: 'It does. `memory` is `full` while new events are refused with 507.',
        content: { 'application/json': { schema: { type: 'object', required: ['status'] } } },
      },
      503: shared('Unavailable'),
    },
  },
  metrics: {
    operationId: 'getMetrics',
    summary: 'Figures for Prometheus',
    description: 'For admins and services.',
    tags: ['description'],
    responses: {
      ...READS,
      200: {
        description: 'Text of format 0.0.4.',
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
      403: shared('Forbidden'),
      503: shared('Unavailable'),
    },
  },
} satisfies Record<string, Operation>;

const feed = feedOperations({
  ...READS,
  400: shared('Invalid'),
  403: shared('Forbidden'),
  500: shared('Unreadable'),
  503: shared('Unavailable'),
});

/** By route: the type asks for one of each. */
const DESCRIBED: Readonly<Record<RouteName, Operation>> = {
  dispatch: events.dispatch,
  'dispatch.batch': events.batch,
  get: events.get,
  update: events.update,
  delete: events.remove,
  query: queries.query,
  eventops: queries.eventops,
  enroll: queries.enroll,
  'graphql.events': queries.graphql,
  ...feed,
  ...account,
  ...own,
};

export const PATHS: Paths = pathsOf(DESCRIBED);

function pathsOf(described: Readonly<Record<RouteName, Operation>>): Paths {
  const paths: Record<string, Partial<Record<Method, Operation>>> = {};
  for (const name of ROUTE_NAMES) {
    const { method, path } = ROUTES[name];
    paths[path] = { ...paths[path], [method.toLowerCase()]: described[name] };
  }
  return paths;
}
