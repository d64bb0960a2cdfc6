import { ID_PATTERN, ref } from './references.ts';
import type { Schema } from './types.ts';

const TEXT_KEYS = [
  'hash',
  'topic',
  'sender',
  'senderType',
  'project',
  'user',
  'status',
  'description',
];
const TIME_KEYS = ['createdAt', 'updatedAt'];
const NUMBER_KEYS = ['retries', 'creationOrder'];
const ID_KEYS = ['id', 'dependsOn'];
const COMPARISONS = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'];

const text: Schema = { type: 'string' };
const integer: Schema = { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
const columns = (...keys: string[]): Schema => ({ type: 'string', enum: keys });
/** A path into JSON; its keys are any names. */
const path: Schema = {
  type: 'string',
  pattern: '^(summary|payload)([/.][a-zA-Z_][a-zA-Z0-9_]{0,30}){1,4}$',
};

function condition(
  description: string,
  key: Schema,
  operators: readonly string[],
  value?: Schema,
): Schema {
  const operator: Schema = { type: 'string', enum: operators };
  return {
    type: 'object',
    description,
    properties: value ? { key, operator, value } : { key, operator },
    required: value ? ['key', 'operator', 'value'] : ['key', 'operator'],
    additionalProperties: false,
  };
}

function group(inner: string, more: Schema): Schema {
  return {
    type: 'object',
    properties: {
      operator: { type: 'string', enum: ['and', 'or'], default: 'and' },
      conditions: {
        type: 'array',
        maxItems: 1000,
        items: { anyOf: [ref('Condition'), ref(inner)] },
        ...more,
      },
    },
    required: ['conditions'],
    additionalProperties: false,
  };
}

/** AYON's QueryFilter (protocol.md 7): groups of conditions on columns and on paths into JSON. */
export const FILTER_SCHEMAS: Readonly<Record<string, Schema>> = {
  QueryFilter: group('QueryFilter', {}),
  DeleteFilter: {
    ...group('DeleteFilter', { minItems: 1 }),
    description: 'A QueryFilter that is not empty.',
  },
  Condition: {
    description: 'Operators in any case, with - or _; default eq. Keys may also be in snake_case.',
    anyOf: [
      condition('A text', columns(...TEXT_KEYS), [...COMPARISONS, 'like'], text),
      condition('A time', columns(...TIME_KEYS), COMPARISONS, { ...text, format: 'date-time' }),
      condition('A number', columns(...NUMBER_KEYS), COMPARISONS, integer),
      condition('An id', columns(...ID_KEYS), ['eq', 'ne'], { ...text, pattern: ID_PATTERN }),
      condition('One of several texts', columns(...TEXT_KEYS), ['in', 'notin'], {
        type: 'array',
        items: text,
      }),
      condition('Null or not', columns(...TEXT_KEYS, ...ID_KEYS), ['isnull', 'notnull']),
      condition('A value in JSON', path, [...COMPARISONS, 'includes', 'excludes'], {
        anyOf: [text, { type: 'number' }, { type: 'boolean' }],
      }),
      condition('A text in JSON', path, ['like'], text),
      condition('Whether a key exists', path, ['isnull', 'notnull']),
      condition(
        'A list in JSON, or a value that is one of several; whole numbers are allowed instead of texts',
        path,
        ['in', 'notin', 'includesany', 'excludesany', 'includesall', 'excludesall'],
        { type: 'array', minItems: 1, items: text },
      ),
    ],
  },
};
