import { ref } from './references.ts';
import type { Answer, Operation, Parameter } from './types.ts';

const parameter = (name: string, description: string, schema: Parameter['schema']): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});

const payloads = parameter('payloads', 'Events with their payload.', {
  type: 'boolean',
  default: false,
});

/** Cuesheet's additions for clients that keep a copy; `common` is what every read may answer. */
export function feedOperations(common: Readonly<Record<string, Answer>>) {
  const changes: Operation = {
    operationId: 'getChanges',
    summary: 'Follow the changes',
    description:
      'Cuesheet’s addition. All changes after a sequence, removals included, in their order; with ' +
      '"Accept: text/event-stream" a stream of them (Last-Event-ID goes before since).',
    tags: ['feed'],
    parameters: [
      parameter('since', 'The sequence after which to begin; without it nothing but the head.', {
        type: 'integer',
        minimum: 0,
      }),
      parameter('limit', 'Changes in an answer.', {
        type: 'integer',
        minimum: 1,
        maximum: 1000,
        default: 100,
      }),
      parameter('wait', 'Seconds to wait for a change.', {
        type: 'number',
        minimum: 0,
        maximum: 30,
        default: 0,
      }),
      parameter('store', 'The id of the store that since is of.', { type: 'string' }),
      payloads,
    ],
    responses: {
      ...common,
      200: {
        description: 'The changes.',
        content: { 'application/json': { schema: ref('Changes') } },
      },
      410: {
        description: 'They are not known any more, or since is of another store.',
        content: { 'application/json': { schema: ref('Gone') } },
      },
    },
  };
  const snapshot: Operation = {
    operationId: 'getSnapshot',
    summary: 'Read everything once',
    description:
      'Cuesheet’s addition. A line {"sequence","store"}, then all events, newest first, an object a ' +
      'line. With the changes after that sequence it is what the store has.',
    tags: ['feed'],
    parameters: [payloads],
    responses: {
      ...common,
      200: {
        description: 'The lines; compressed when the client takes gzip or deflate.',
        headers: {
          'X-Cuesheet-Sequence': {
            description: 'The sequence of the first line.',
            schema: { type: 'integer' },
          },
        },
        content: { 'application/x-ndjson': { schema: { type: 'string' } } },
      },
    },
  };
  return { changes, snapshot };
}
