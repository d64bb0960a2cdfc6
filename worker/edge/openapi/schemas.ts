import { FILTER_SCHEMAS } from './filter-schemas.ts';
import { ID_PATTERN, ref } from './references.ts';
import type { Schema } from './types.ts';

const TOPIC_PATTERN = '^[a-zA-Z][a-zA-Z0-9_.*]{2,64}$';
export const NAME_PATTERN = '^[a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?$';
const STATUSES = ['pending', 'in_progress', 'finished', 'failed', 'aborted', 'restarted'];

const text: Schema = { type: 'string' };
const textOrNull: Schema = { type: ['string', 'null'] };
const object: Schema = { type: 'object' };
const id: Schema = { type: 'string', pattern: ID_PATTERN };
const topic: Schema = { type: 'string', pattern: TOPIC_PATTERN };
const name: Schema = { type: ['string', 'null'], pattern: NAME_PATTERN };
const status: Schema = { type: 'string', enum: STATUSES };
const time: Schema = { type: 'string', format: 'date-time' };
const feedVersion: Schema = {
  type: 'integer',
  description: 'The version of the change feed. A hub without it has version 0.',
};
/** Of a field that is stored as 32 bits. */
const int32: Schema = { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };

/** The members of an event that every form of it has. */
const eventProperties = {
  id,
  hash: text,
  topic: text,
  sender: textOrNull,
  senderType: textOrNull,
  project: textOrNull,
  user: textOrNull,
  dependsOn: { type: ['string', 'null'], pattern: ID_PATTERN },
  status,
  retries: { type: 'integer' },
  description: text,
  summary: object,
  payload: object,
  createdAt: time,
  updatedAt: time,
} as const;

const dispatchProperties: Record<string, Schema> = {
  topic: { ...topic, description: 'What happened, as a dot-separated name.' },
  sender: { ...textOrNull, description: 'The sender; default: the header X-Sender.' },
  hash: { ...textOrNull, description: 'Unique among all events; default: the new id.' },
  project: name,
  dependsOn: {
    type: ['string', 'null'],
    minLength: 32,
    maxLength: 32,
    description: 'Id of the parent. The id of an event that does not exist is stored as null.',
  },
  description: textOrNull,
  summary: { ...object, default: {}, description: 'Sent on the WebSocket; keep it small.' },
  payload: { ...object, default: {}, description: 'Never sent on the WebSocket.' },
  finished: { type: 'boolean', default: true, description: 'false: the event is pending.' },
  store: {
    type: 'boolean',
    default: true,
    description: 'false: only a message; nothing is stored.',
  },
  reuse: {
    type: 'boolean',
    default: false,
    description: 'true: replace the event with the same hash.',
  },
  id: {
    type: ['string', 'null'],
    pattern: ID_PATTERN,
    description:
      'An id for the event, made by the client. The same dispatch again makes no ' +
      'second event. Cuesheet’s addition.',
  },
  recipients: {
    type: ['array', 'null'],
    items: text,
    maxItems: 1000,
    description: 'The only users whose sockets receive the message. Cuesheet’s addition.',
  },
};

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Event: {
    type: 'object',
    description: 'An event with all attributes.',
    properties: eventProperties,
    required: Object.keys(eventProperties),
    additionalProperties: false,
  },
  QueriedEvent: {
    type: 'object',
    description: 'An event in snake_case, without members that are null.',
    properties: {
      id,
      hash: text,
      topic: text,
      sender: text,
      sender_type: text,
      project: text,
      user: text,
      depends_on: id,
      status,
      retries: { type: 'integer' },
      description: text,
      summary: object,
      payload: object,
      payload_error: { ...text, description: 'Why the payload is missing: a file is damaged.' },
      created_at: time,
      updated_at: time,
    },
    required: ['id', 'hash', 'topic', 'status', 'retries', 'description', 'summary'],
    additionalProperties: false,
  },
  Dispatch: { type: 'object', properties: dispatchProperties, required: ['topic'] },
  Dispatched: {
    type: 'object',
    properties: { id },
    required: ['id'],
    additionalProperties: false,
  },
  DispatchBatch: { type: 'array', items: ref('Dispatch'), maxItems: 1000 },
  DispatchedBatch: {
    type: 'array',
    items: { anyOf: [ref('Dispatched'), ref('Refusal')] },
    description: 'In the order of the entries.',
  },
  Changes: {
    type: 'object',
    description: 'Continue with since=next. When next equals head, there is no more.',
    properties: {
      changes: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            sequence: { type: 'integer' },
            kind: { type: 'string', enum: ['inserted', 'updated', 'replaced', 'removed'] },
            id,
            previousId: id,
            event: {
              ...object,
              description: 'The event as it is now; absent when it no longer exists.',
            },
          },
          required: ['sequence', 'kind', 'id'],
          additionalProperties: false,
        },
      },
      next: { type: 'integer' },
      version: feedVersion,
      head: { type: 'integer' },
      store: { ...text, description: 'The id of the store to which the sequences belong.' },
    },
    required: ['changes', 'next', 'version', 'head', 'store'],
    additionalProperties: false,
  },
  Gone: {
    type: 'object',
    properties: {
      code: { const: 410 },
      detail: text,
      version: feedVersion,
      head: { type: 'integer' },
      store: text,
    },
    required: ['code', 'detail', 'version', 'head', 'store'],
    additionalProperties: false,
  },
  Update: {
    type: 'object',
    description:
      'Absent and null members stay as they are; summary and payload are replaced as a whole.',
    properties: {
      sender: textOrNull,
      project: name,
      user: textOrNull,
      status: { type: ['string', 'null'], enum: [...STATUSES, null] },
      description: textOrNull,
      summary: { type: ['object', 'null'] },
      payload: { type: ['object', 'null'] },
      progress: {
        type: ['number', 'null'],
        minimum: 0,
        maximum: 100,
        description: 'Sent on the WebSocket, not stored.',
      },
      retries: { ...int32, type: ['integer', 'null'] },
    },
  },
  ...FILTER_SCHEMAS,
  Query: {
    type: 'object',
    properties: {
      entity: { type: 'string', enum: ['event'] },
      filter: { anyOf: [ref('QueryFilter'), { type: 'null' }] },
      limit: { type: 'integer', minimum: 0, maximum: 100_000, default: 100 },
      offset: { type: 'integer', minimum: 0, maximum: 2 ** 31, default: 0 },
    },
    required: ['entity'],
  },
  EventOps: {
    type: 'object',
    properties: {
      type: {
        type: 'string',
        enum: ['delete'],
        description: 'restart and abort answer 501, as in AYON.',
      },
      filter: ref('DeleteFilter'),
    },
    required: ['type', 'filter'],
  },
  Enroll: {
    type: 'object',
    properties: {
      sourceTopic: {
        anyOf: [topic, { type: 'array', items: topic, maxItems: 1000 }],
        description:
          'One topic, in which * matches any run of characters, or a list of exact topics.',
      },
      targetTopic: { type: 'string', pattern: '^[a-zA-Z][a-zA-Z0-9_.]{2,64}$' },
      sender: { ...textOrNull, description: 'The worker. The same sender gets its job again.' },
      senderType: textOrNull,
      description: textOrNull,
      sequential: { type: 'boolean', default: false },
      filter: { anyOf: [ref('QueryFilter'), { type: 'null' }] },
      maxRetries: { ...int32, default: 3 },
      ignoreSenderTypes: { type: ['array', 'null'], items: text, maxItems: 1000 },
      ignoreOlderThan: {
        type: 'integer',
        minimum: 0,
        maximum: 36_500,
        default: 3,
        description: 'The highest age in days since the last update; 0 = no limit.',
      },
      leaseSeconds: {
        type: 'integer',
        minimum: 0,
        maximum: 86_400,
        description:
          'Addition. An open job without an update for so long is offered again, or fails when no retry is left.',
      },
      retryBackoffSeconds: {
        type: 'integer',
        minimum: 0,
        maximum: 86_400,
        description: 'Addition.',
      },
      concurrency: { type: 'integer', minimum: 0, maximum: 1000, description: 'Addition.' },
    },
    required: ['sourceTopic', 'targetTopic'],
  },
  Job: {
    type: 'object',
    properties: { id, dependsOn: id, hash: text, status },
    required: ['id', 'dependsOn', 'hash', 'status'],
    additionalProperties: false,
  },
  Graphql: {
    type: 'object',
    properties: {
      query: text,
      variables: { type: ['object', 'null'] },
      operationName: textOrNull,
    },
    required: ['query'],
  },
  GraphqlAnswer: {
    type: 'object',
    properties: {
      data: { type: ['object', 'null'] },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            message: text,
            locations: { type: 'array' },
            path: { type: 'array' },
            extensions: object,
          },
          required: ['message'],
        },
      },
    },
    additionalProperties: false,
  },
  Login: {
    type: 'object',
    properties: { name: text, password: text },
    required: ['name', 'password'],
  },
  LoggedIn: {
    type: 'object',
    properties: {
      detail: text,
      error: { type: 'null' },
      token: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      user: ref('User'),
      redirectUrl: { type: 'null' },
    },
    required: ['detail', 'error', 'token', 'user', 'redirectUrl'],
  },
  User: {
    type: 'object',
    properties: { name: text, attrib: object, data: object, active: { type: 'boolean' } },
    required: ['name', 'attrib', 'data', 'active'],
  },
  Info: { type: 'object', properties: { version: text }, required: ['version'] },
  Detail: { type: 'object', properties: { detail: text }, required: ['detail'] },
  Refusal: {
    type: 'object',
    properties: { code: { type: 'integer' }, detail: text, error: text },
    required: ['code', 'detail'],
  },
  Invalid: {
    type: 'object',
    description: 'What is wrong with the request; errors[].loc says where.',
    properties: {
      code: { const: 400 },
      detail: text,
      path: text,
      traceback: text,
      errors: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            loc: { type: 'array', items: text },
            msg: text,
            type: text,
            ctx: object,
          },
          required: ['loc', 'msg', 'type'],
        },
      },
    },
    required: ['code', 'detail'],
  },
};
