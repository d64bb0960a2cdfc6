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
      'Cuesheet’s addition. All changes after a sequence, removals included, in order; with ' +
      '"Accept: text/event-stream" a stream of them (Last-Event-ID takes precedence over since).',
    tags: ['feed'],
    parameters: [
      parameter(
        'since',
        'Begin after this sequence; without it the answer has no changes, only the head.',
        {
          type: 'integer',
          minimum: 0,
        },
      ),
      parameter('limit', 'The most changes in one answer.', {
        type: 'integer',
        minimum: 1,
        maximum: 1000,
        default: 100,
      }),
      parameter('wait', 'How many seconds to wait for a change.', {
        type: 'number',
        minimum: 0,
        maximum: 30,
        default: 0,
      }),
      parameter('store', 'The id of the store that counted since.', { type: 'string' }),
      payloads,
    ],
    responses: {
      ...common,
      200: {
        description: 'The changes.',
        content: { 'application/json': { schema: ref('Changes') } },
      },
      410: {
        description: 'The hub no longer has these changes, or since is of another store.',
        content: { 'application/json': { schema: ref('Gone') } },
      },
    },
  };
  const snapshot: Operation = {
    operationId: 'getSnapshot',
    summary: 'Read all events once',
    description:
      'Cuesheet’s addition. A line {"sequence","store","version"}, then all events, newest first, one on each ' +
      'line. Together with the changes after that sequence, these are the events of the store.',
    tags: ['feed'],
    parameters: [
      payloads,
      parameter('form', 'One line for each event, or one for each part (docs/hub.md).', {
        type: 'string',
        enum: ['rows', 'columns'],
        default: 'rows',
      }),
      parameter('end', 'The last line of a complete snapshot is {"end":true}.', {
        type: 'boolean',
        default: false,
      }),
    ],
    responses: {
      ...common,
      200: {
        description: 'The lines; compressed when the client accepts it.',
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
  const exported: Operation = {
    operationId: 'exportEvents',
    summary: 'Export all events',
    description:
      'Cuesheet’s addition, for admins and services. All events with their payloads as they are at this moment, ' +
      'whatever changes while the answer is read; oldest first, one on each line, in the form that an import reads. ' +
      'A payload that cannot be read is left out.',
    tags: ['feed'],
    parameters: [
      parameter(
        'end',
        'The last line of a complete export is {"end":true,"events","withoutPayload"}: remove it before an import.',
        { type: 'boolean', default: false },
      ),
    ],
    responses: {
      ...common,
      200: {
        description: 'The lines; compressed when the client accepts it.',
        content: { 'application/x-ndjson': { schema: { type: 'string' } } },
      },
    },
  };
  return { changes, snapshot, export: exported };
}
