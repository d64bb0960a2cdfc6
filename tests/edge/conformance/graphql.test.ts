import { buildClientSchema, getIntrospectionQuery, printSchema, printType } from 'graphql';
import { expect, test } from 'vitest';
import { conformance, expectInvalid, expectRefused } from './suite.ts';
import { seedEvent, seedId } from './seed.ts';

/** Twenty fields that show all of them ask for more than one document may have. */
const MANY = 5100;
const SEEDS = Array.from({ length: MANY }, (_, number) =>
  seedEvent(number, { topic: 'seed.many', senderType: 'seed' }),
);

conformance(
  'GraphQL',
  (hub) => {
    const list = (count: number, text: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => text(i)).join(' ');

    test('introspection shows AYON’s types and arguments', async () => {
      const { data, errors } = await hub.usr.graphql(getIntrospectionQuery());
      expect(errors).toBeUndefined();
      const schema = buildClientSchema(data);
      const { args } = schema.getQueryType()?.getFields()['events'] ?? { args: [] };
      expect(args.map(({ name }) => name).join(' ')).toBe(
        'ids topics projects users statuses states hasChildren olderThan newerThan filter ' +
          'includeLogs first after last before',
      );
      expect(printSchema(schema)).toContain('includeLogs: Boolean! = false');
      const node = schema.getType('EventNode');
      expect(node && printType(node)).toBe(`type EventNode {
  id: String!
  hash: String!
  topic: String!
  sender: String
  project: String
  user: String
  dependsOn: String
  status: String!
  retries: Int!
  description: String!
  summary: String!
  payload: String
  createdAt: DateTime!
  updatedAt: DateTime!
  data: String
}`);
    });

    test('a document that comes again is answered anew, and a refused one is refused again', async () => {
      const query = 'query ($ids: [String!]) { events(ids: $ids) { edges { node { id } } } }';
      for (let round = 0; round < 2; round++) {
        for (const number of [1, 2, 3]) {
          const { data } = await hub.mgr.graphql(query, { ids: [seedId(number)] });
          expect(data.events.edges).toEqual([{ node: { id: seedId(number) } }]);
        }
        const { data, errors } = await hub.mgr.graphql('{ events { nothing } }');
        expect(data).toBeNull();
        expect(errors[0].locations).toEqual([{ line: 1, column: 12 }]);
      }
      for (let number = 0; number < 60; number++) {
        const { data } = await hub.mgr.graphql(
          `{ e${number}: events(first: 1) { edges { cursor } } }`,
        );
        expect(Object.keys(data)).toEqual([`e${number}`]);
      }
      const again = await hub.mgr.graphql(query, { ids: [seedId(4)] });
      expect(again.data.events.edges).toEqual([{ node: { id: seedId(4) } }]);
    });

    test('__typename is answered at every level, aliases of fields as well', async () => {
      const { data } = await hub.mgr.graphql(`{
        __typename
        page: events(first: 1) {
          __typename
          edges { __typename number: cursor event: node { __typename key: id data } }
          pageInfo { __typename columnMetadata }
          fieldStats
        }
        __type(name: "EventEdge") { fields { name } } }`);
      expect(data).toEqual({
        __typename: 'Query',
        page: {
          __typename: 'EventsConnection',
          edges: [
            {
              __typename: 'EventEdge',
              number: expect.any(String),
              event: { __typename: 'EventNode', key: seedId(0), data: null },
            },
          ],
          pageInfo: { __typename: 'PageInfo', columnMetadata: null },
          fieldStats: null,
        },
        __type: { fields: [{ name: 'node' }, { name: 'cursor' }] },
      });
    });

    test('hasChildren, ids with hyphens and capitals, and all arguments at once', async () => {
      const topic = hub.topic('args');
      const parent = await hub.svc.dispatch({ topic, project: 'demo', description: 'the parent' });
      const child = await hub.svc.dispatch({ topic, dependsOn: parent });
      const found = async (args: string) =>
        (await hub.mgr.edges(`topics: ["${topic}"], ${args}`)).map(({ node }) => node.id);
      expect(await found('hasChildren: true')).toEqual([parent]);
      expect(await found('hasChildren: false')).toEqual([child]); // AYON: nothing (17.4)
      const hyphens = parent.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-').toUpperCase();
      expect(await found(`ids: ["${hyphens}"]`)).toEqual([parent]);
      expect(await found('ids: []')).toEqual([]); // AYON: an error (17.4)
      expect(
        await found(`ids: ["${parent}", "${child}"], projects: ["demo"], users: ["svc"],
          statuses: ["finished"], hasChildren: true, olderThan: "2100-01-01",
          newerThan: "2026-01-01", filter: "parent", includeLogs: true, first: 5`),
      ).toEqual([parent]);
    });

    test('a refused argument is an error with a status, the HTTP status stays 200', async () => {
      const answer = await hub.mgr.graphql('{ a: events(topics: ["%"]) { edges { cursor } } }');
      expect(answer).toEqual({
        data: null,
        errors: [
          {
            message: 'topic does not match the regex',
            locations: [{ line: 1, column: 3 }],
            path: ['a'],
            extensions: { status: 400 },
          },
        ],
      });
      const ids = await hub.mgr.graphql('{ events(ids: ["x"]) { edges { cursor } } }');
      expect(ids.errors[0]).toMatchObject({ message: 'Invalid entity ID x', path: ['events'] });
      expect(ids.errors[0]).not.toHaveProperty('extensions');
    });

    test.each([
      ['no such field', '{ nothing }', /Cannot query field "nothing"/],
      ['no such argument', '{ events(x: 1) { edges { cursor } } }', /Unknown argument "x"/],
      ['a wrong type', '{ events(first: "x") { edges { cursor } } }', /Int cannot represent/],
      ['a syntax error', '{ events {', /Syntax Error/],
      ['nothing at all', '', /Syntax Error/],
      ['a mutation', 'mutation { events { edges { cursor } } }', /mutation/],
      ['a missing variable', 'query Q($a: Int!) { events(first: $a) { edges { cursor } } }', /\$a/],
    ])('a document with %s is answered with errors and places', async (_title, query, message) => {
      const answer = await hub.mgr.graphql(query);
      expect(answer.data ?? null).toBeNull();
      expect(answer.errors[0].message).toMatch(message);
      expect(answer.errors[0].locations).toBeInstanceOf(Array);
    });

    test('operationName chooses among several operations', async () => {
      const query = 'query One { __typename } query Two { two: __typename }';
      const ask = (operationName?: string) =>
        hub.mgr.post('/graphql', { query, ...(operationName && { operationName }) });
      expect((await ask('Two')).body).toEqual({ data: { two: 'Query' } });
      expect((await ask()).body.errors[0].message).toMatch(/operation name/);
      expect((await ask('Three')).body.errors[0].message).toMatch(/Three/);
    });

    test('without credentials it is 401; bad JSON and bad members are 400', async () => {
      const query = '{ __typename }';
      const stranger = await hub.anonymous('POST', '/graphql', { query });
      expectRefused(stranger, 401, 'Access token is missing');
      expectInvalid(await hub.anonymous('POST', '/graphql', '{'), ['body']);
      for (const body of ['', ' ']) expect((await hub.mgr.post('/graphql', body)).status).toBe(400);
      for (const body of [
        'null',
        {},
        [],
        { query: 5 },
        { query, variables: 'x' },
        { query, operationName: 1 },
      ]) {
        expect(await hub.mgr.post('/graphql', body)).toMatchObject({
          status: 400,
          body: { code: 400, detail: expect.stringContaining('graphql') },
        });
      }
    });

    test.each([
      ['21 aliases', `{ ${list(21, (i) => `a${i}: events { edges { cursor } }`)} }`, /21 aliases/],
      [
        'aliases in a fragment',
        `{ ...F } fragment F on Query { ${list(30, (i) => `a${i}: events { edges { cursor } }`)} }`,
        /30 aliases/,
      ],
      ['17 levels', `{ ${'... { '.repeat(17)} __typename ${'} '.repeat(17)} }`, /18 levels deep/],
      [
        '64 KiB of text',
        `{ events { edges { cursor } } } #${'x'.repeat(64 << 10)}`,
        /65536 characters/,
      ],
      ['5000 tokens', `{ ${'events { edges { cursor } } '.repeat(1000)} }`, /tokens/],
      [
        '100,000 events in all',
        `{ ${list(20, (i) => `a${i}: events(first: ${MANY}) { pageInfo { endCursor } }`)} ...F }
        fragment F on Query { events(first: 1) { pageInfo { endCursor } } }`,
        /100000 events/,
      ],
    ])('a document over the limit of %s is an error', async (_title, query, message) => {
      expect(await hub.mgr.graphql(query)).toMatchObject({
        data: null,
        errors: [{ message: expect.stringMatching(message) }],
      });
    });
  },
  SEEDS,
);
