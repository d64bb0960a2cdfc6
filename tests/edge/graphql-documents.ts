// Random GraphQL documents over the hub's schema, valid ones and some that are answered with errors.
import type { GraphqlRequest } from '../../worker/edge/graphql.ts';

/** Numbers from a seed (mulberry32). */
export function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (bound: number) => Math.floor(next() * bound),
    percent: (chance: number) => next() * 100 < chance,
    pick: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T,
  };
}

type Random = ReturnType<typeof createRandom>;

const LEAVES = {
  Query: ['__typename'],
  EventsConnection: ['fieldStats', '__typename'],
  EventEdge: ['cursor', '__typename'],
  PageInfo: 'hasNextPage hasPreviousPage startCursor endCursor columnMetadata __typename'.split(
    ' ',
  ),
  EventNode:
    'id hash topic sender project user dependsOn status retries description summary payload createdAt updatedAt data __typename'.split(
      ' ',
    ),
} as const;
type TypeName = keyof typeof LEAVES;

const OBJECTS: Readonly<Record<TypeName, readonly [string, TypeName][]>> = {
  Query: [['events', 'EventsConnection']],
  EventsConnection: [
    ['edges', 'EventEdge'],
    ['pageInfo', 'PageInfo'],
  ],
  EventEdge: [['node', 'EventNode']],
  PageInfo: [],
  EventNode: [],
};

/** Arguments in the text, for `events`; those with a `$` are declared in `DECLARED`. */
const ARGUMENTS = [
  '',
  '(last: 5)',
  '(first: 3)',
  '(first: $count)',
  '(last: $count, before: $cursor)',
  '(topics: $topics)',
  '(topics: ["many.*"], last: 4, includeLogs: true)',
  '(hasChildren: $flag, first: 2)',
  '(filter: "many", users: ["svc"], statuses: ["finished"])',
  '(ids: [])',
  '(first: 0, after: "")',
  '(includeLogs: $logs)',
  '(olderThan: "2100-01-01", newerThan: null, projects: null)',
];
/** Refused by the core. */
const REFUSED = ['(topics: ["%"])', '(ids: ["x"])', '(olderThan: "yesterday")', '(first: -1)'];

const DECLARED: Readonly<Record<string, string>> = {
  count: 'Int = 3',
  cursor: 'String',
  topics: '[String!]',
  flag: 'Boolean',
  logs: 'Boolean! = true',
  yes: 'Boolean! = true',
  no: 'Boolean = false',
};

/** What the variables may be; the last ones are of another type, or are missing where they must not be. */
const VALUES: readonly (Record<string, unknown> | null)[] = [
  null,
  {},
  { count: 2 },
  { count: null, cursor: '' },
  { count: 4, topics: ['many.a', 'log.*'], flag: true, logs: false },
  { topics: 'many.b', yes: false, no: true },
  { flag: false, yes: false, unknown: 1 },
  { count: 'three' },
  { logs: null },
  { no: null },
];

/** A document with its variables, as a client sends it. */
export function randomRequest(random: Random): GraphqlRequest {
  const fragments: string[] = [];
  let aliases = 0;
  /** One field without an alias may be there twice, then with the same arguments. */
  const common = random.pick(ARGUMENTS);

  const directive = () =>
    random.percent(12)
      ? random.pick([
          ' @include(if: $yes)',
          ' @skip(if: $no)',
          ' @include(if: false)',
          ' @skip(if: false) @include(if: $yes)',
        ])
      : '';

  const alias = () => (aliases < 20 && random.percent(15) ? `a${aliases++}` : null);

  function field(type: TypeName): string {
    const object = OBJECTS[type].length > 0 && random.percent(65);
    if (!object) {
      const as = alias();
      return `${as ? `${as}: ` : ''}${random.pick(LEAVES[type])}${directive()}`;
    }
    const [name, inner] = random.pick(OBJECTS[type]);
    const as = alias();
    const list = random.percent(4) ? REFUSED : ARGUMENTS;
    const args = name !== 'events' ? '' : as ? random.pick(list) : common;
    return `${as ? `${as}: ` : ''}${name}${args}${directive()} ${set(inner)}`;
  }

  function selection(type: TypeName, depth: number): string {
    if (depth < 3 && random.percent(12)) {
      const condition = random.percent(50) ? ` on ${type}` : '';
      return `...${condition}${directive()} ${set(type, depth + 1)}`;
    }
    if (depth < 2 && random.percent(10)) {
      const name = `F${fragments.length}`;
      fragments.push(''); // so that an inner one has another name
      fragments[Number(name.slice(1))] = `fragment ${name} on ${type} ${set(type, depth + 1)}`;
      const spread = `...${name}${directive()}`;
      return random.percent(30) ? `${spread} ...${name}` : spread;
    }
    return field(type);
  }

  function set(type: TypeName, depth = 0): string {
    const count = 1 + random.below(type === 'EventNode' ? 8 : 4);
    return `{ ${Array.from({ length: count }, () => selection(type, depth)).join(' ')} }`;
  }

  const introspection = random.percent(3) ? ' __type(name: "EventNode") { name }' : '';
  const selected = set('Query').replace(/ \}$/, `${introspection} }`);
  const used = [...new Set([selected, ...fragments].join(' ').match(/\$\w+/g) ?? [])];
  const variables = used.map((name) => `${name}: ${DECLARED[name.slice(1)]}`).join(', ');
  const main = `query Main${variables && `(${variables})`} ${selected}`;
  const operations = random.percent(10) ? [main, 'query Other { __typename }'] : [main];
  const names = operations.length > 1 ? ['Main', 'Other', null, 'None'] : [null, null, 'Main', ''];
  return {
    query: [...operations, ...fragments].join(' '),
    variables: random.pick(VALUES),
    operationName: random.pick(names),
  };
}
