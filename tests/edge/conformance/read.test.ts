import { expect, test } from 'vitest';
import { type Client, conformance, expectInvalid, expectRefused, type Reply } from './suite.ts';
import { seedEvent, seedId } from './seed.ts';

const OFFSET_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/;

/** 130 events, one a minute of 2026-01-01; each tenth is a log event. The hub's first ones. */
const SEEDS = Array.from({ length: 130 }, (_, number) =>
  seedEvent(number, { topic: number % 10 === 3 ? 'log.info' : 'seed.plain' }),
);

conformance(
  'read',
  (hub) => {
    const ids = (edges: { node: { id: string } }[]) => edges.map(({ node }) => node.id);
    /** Ids of `count` new events of a topic, oldest first. */
    const several = async (topic: string, count: number, more: object = {}) => {
      const made: string[] = [];
      for (let i = 0; i < count; i++) made.push(await hub.mgr.dispatch({ topic, ...more }));
      return made;
    };
    const page = async (args: string, client: Client = hub.mgr) => {
      const { data, errors } = await client.graphql(`{ events(${args}) {
        edges { cursor node { id } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`);
      expect(errors).toBeUndefined();
      const { edges, pageInfo } = data.events;
      return { ids: ids(edges), cursors: edges.map(({ cursor }: never) => cursor), pageInfo };
    };
    const refusal = async (args: string) => {
      const answer = await hub.mgr.graphql(`{ events(${args}) { edges { cursor } } }`);
      expect(answer).toMatchObject({ data: null, errors: [{ path: ['events'] }] });
      return answer.errors[0];
    };

    test('37 · GET shows 15 camelCase keys, nulls included, times with offset', async () => {
      const event = await hub.mgr.read(await hub.mgr.dispatch({ topic: hub.topic('keys') }));
      expect(Object.keys(event).sort()).toEqual([
        'createdAt',
        'dependsOn',
        'description',
        'hash',
        'id',
        'payload',
        'project',
        'retries',
        'sender',
        'senderType',
        'status',
        'summary',
        'topic',
        'updatedAt',
        'user',
      ]);
      expect(event).toMatchObject({ project: null, dependsOn: null, sender: null });
      expect([event.createdAt, event.updatedAt]).toEqual(
        Array(2).fill(expect.stringMatching(OFFSET_TIME)),
      );
      expect((await hub.mgr.read(seedId(0))).createdAt).toBe('2026-01-01T00:00:00+00:00');
      const { headers } = await hub.mgr.get(`/api/events/${seedId(0)}`);
      expect(headers.get('x-request-id')).toBeTruthy();
    });

    test('38 · a normal user reads events of own projects and of none, not of others', async () => {
      const topic = hub.topic('project');
      const event = async (project: string | null) =>
        `/api/events/${await hub.mgr.dispatch({ topic, project })}`;
      const refused = await hub.usr.get(await event('other'));
      expectRefused(refused, 403, 'No access group assigned on this project');
      for (const project of [null, 'demo', 'Demo']) {
        expect((await hub.usr.get(await event(project))).status).toBe(200);
      }
      expect((await hub.mgr.get(await event('other'))).status).toBe(200);
    });

    test('39 · /api/query answers admins: snake_case, no nulls, newest first, 100 of them', async () => {
      const ask = (body: object, client = hub.adm): Promise<Reply> =>
        client.post('/api/query', { entity: 'event', ...body });
      for (const client of [hub.mgr, hub.usr]) {
        expectRefused(await ask({}, client), 403, 'Only admins can use this endpoint');
      }
      const newest = await hub.mgr.dispatch({ topic: hub.topic('query'), summary: { n: null } });
      const { status, body } = await ask({});
      expect([status, body.length, body[0].id]).toEqual([200, 100, newest]);
      expect(Object.keys(body[0]).sort()).toEqual([
        'created_at',
        'description',
        'hash',
        'id',
        'payload',
        'retries',
        'sender_type',
        'status',
        'summary',
        'topic',
        'updated_at',
        'user',
      ]);
      expect(body[0].summary).toEqual({ n: null });
      const seeds = { conditions: [{ key: 'topic', operator: 'eq', value: 'seed.plain' }] };
      const some = await ask({ filter: seeds, limit: 2, offset: 1 });
      expect(some.body.map(({ id }: { id: string }) => id)).toEqual([seedId(128), seedId(127)]);
      expect((await ask({ entity: 'folder' })).body).toMatchObject({
        detail: 'Only events are supported for now',
      });
      expectInvalid(await ask({ entity: 'nothing' }), ['body', 'entity']);
    });

    test('40 · GraphQL without arguments: at most 100, oldest first, no log events', async () => {
      const edges = await hub.mgr.edges('');
      const plain = Array.from({ length: 130 }, (_, number) => number).filter((n) => n % 10 !== 3);
      expect(ids(edges)).toEqual(plain.slice(0, 100).map(seedId));
    });

    test('41 · log events appear with includeLogs or topics, by ids alone they do not', async () => {
      const topic = `log.${hub.topic('info')}`;
      const [log] = await several(topic, 1);
      const newest = async (args: string) => ids(await hub.mgr.edges(`last: 1, ${args}`))[0];
      expect(await newest('includeLogs: false')).not.toBe(log);
      expect(await newest('includeLogs: true')).toBe(log);
      expect(ids(await hub.mgr.edges(`topics: ["${topic}"]`))).toEqual([log]);
      expect(await hub.mgr.edges(`ids: ["${log}"]`)).toEqual([]);
      expect(ids(await hub.mgr.edges(`ids: ["${log}"], includeLogs: true`))).toEqual([log]);
    });

    test('42 · a topic pattern is the whole topic with * for any run; [] is nothing', async () => {
      const root = hub.topic('pattern').replace('.', '_');
      const [deep] = await several(`${root}.x.y`, 1);
      const [bare] = await several(root, 1);
      const of = async (topics: string[]) =>
        ids(await hub.mgr.edges(`topics: ${JSON.stringify(topics)}`));
      expect(await of([`${root}.*`])).toEqual([deep]);
      expect(await of([`${root}*`])).toEqual([deep, bare]);
      expect(await of([`${root}.x`])).toEqual([]);
      expect(await of([root.toUpperCase()])).toEqual([]);
      expect(await of([])).toEqual([]);
      expect((await refusal('topics: ["%"]')).extensions).toEqual({ status: 400 });
    });

    test('43 · an empty list of projects or users is nothing, a bad name an error', async () => {
      // an empty list of statuses counts as not given (46), so both of its names have to be empty
      for (const args of ['projects: []', 'users: []', 'statuses: [], states: []']) {
        expect(await hub.mgr.edges(args)).toEqual([]);
      }
      for (const args of ['projects: ["a b"]', 'users: ["a b"]', 'statuses: ["a b"]']) {
        expect((await refusal(args)).extensions).toEqual({ status: 400 });
      }
      expect(await hub.mgr.edges('statuses: ["nothing"]')).toEqual([]);
    });

    test('44 · a normal user sees own events only, others’ by their ids', async () => {
      const topic = hub.topic('own');
      const [own, other] = await several(topic, 2);
      expect((await hub.mgr.patch(own as string, { user: 'usr' })).status).toBe(204);
      expect((await hub.mgr.patch(other as string, { user: 'bob' })).status).toBe(204);
      const seen = async (args: string) => ids(await hub.usr.edges(args));
      expect(await seen(`topics: ["${topic}"]`)).toEqual([own]);
      expect(await seen(`topics: ["${topic}"], users: ["bob"]`)).toEqual([own]);
      expect(await seen(`ids: ["${own}", "${other}"]`)).toEqual([own, other]);
      expect(await seen(`ids: ["${own}", "${other}"], users: ["bob"]`)).toEqual([other]);
    });

    test('45 · a guest’s list is empty', async () => {
      for (const args of ['', 'includeLogs: true', `ids: ["${seedId(0)}"]`]) {
        expect(await hub.gst.edges(args)).toEqual([]);
      }
    });

    test('46 · states count where statuses are empty; statuses: [] alone is no filter', async () => {
      const topic = hub.topic('states');
      const [pending] = await several(topic, 1, { finished: false });
      const [finished] = await several(topic, 1);
      const of = async (args: string) => ids(await hub.mgr.edges(`topics: ["${topic}"], ${args}`));
      expect(await of('statuses: []')).toEqual([pending, finished]);
      expect(await of('statuses: [], states: ["pending"]')).toEqual([pending]);
      expect(await of('states: ["finished"]')).toEqual([finished]);
      expect(await of('statuses: ["finished"], states: ["pending"]')).toEqual([finished]);
    });

    test('47 · olderThan and newerThan are strict, by createdAt, with offsets', async () => {
      const of = async (args: string) =>
        ids(await hub.mgr.edges(`topics: ["seed.*"], newerThan: "2026-01-01T00:03:00", ${args}`));
      const [four, five, six] = [seedId(4), seedId(5), seedId(6)];
      expect(await of('olderThan: "2026-01-01T00:06:00+00:00"')).toEqual([four, five]);
      expect(await of('olderThan: "2026-01-01T00:06:00.000001Z"')).toEqual([four, five, six]);
      expect(await of('olderThan: "2026-01-01T01:06:00+01:00"')).toEqual([four, five]);
      expect(await of('olderThan: "2026-01-01T00:06:00"')).toEqual([four, five]);
      expect((await of('olderThan: ""')).length).toBe(100);
      expect(await refusal('newerThan: "yesterday"')).toMatchObject({
        message: "Invalid isoformat string: 'yesterday'",
      });
    });

    test('48 · last: 3 is the newest three, newest first', async () => {
      const topic = hub.topic('last');
      const made = await several(topic, 4);
      const full = await page(`topics: ["${topic}"], last: 3`);
      expect(full.ids).toEqual(made.slice(1).reverse());
      expect(full.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
      const short = await page(`topics: ["${topic}"], last: 5`);
      expect(short.ids).toEqual([...made].reverse());
      expect(short.pageInfo).toMatchObject({ hasPreviousPage: false, hasNextPage: false });
    });

    test('49 · before, the cursor of the last edge, goes on without gap or overlap', async () => {
      const topic = hub.topic('before');
      const made = await several(topic, 7);
      const seen: string[] = [];
      let before = '';
      for (let pages = 0; pages < 4; pages++) {
        const next = await page(`topics: ["${topic}"], last: 2, before: "${before}"`);
        seen.push(...next.ids);
        if (!next.pageInfo.hasPreviousPage) break;
        before = next.cursors.at(-1);
        expect(next.pageInfo.startCursor).toBe(before); // the oldest edge's (17.4)
      }
      expect(seen).toEqual([...made].reverse());
    });

    test('50 · first: 3 and after; an exactly full page says that more follow', async () => {
      const topic = hub.topic('after');
      const made = await several(topic, 6);
      const one = await page(`topics: ["${topic}"], first: 3`);
      expect(one.ids).toEqual(made.slice(0, 3));
      expect(one.pageInfo).toEqual({
        hasNextPage: true,
        hasPreviousPage: false,
        startCursor: one.cursors[0],
        endCursor: one.cursors[2],
      });
      const two = await page(`topics: ["${topic}"], first: 3, after: "${one.pageInfo.endCursor}"`);
      expect(two.ids).toEqual(made.slice(3));
      expect(two.pageInfo.hasNextPage).toBe(true);
      const end = await page(`topics: ["${topic}"], first: 3, after: "${two.pageInfo.endCursor}"`);
      expect(end.ids).toEqual([]);
      expect(end.pageInfo).toMatchObject({ hasNextPage: false, startCursor: null });
    });

    test('51 · a cursor is the base64 of [n]; "" is none, junk an error', async () => {
      const [first] = await hub.mgr.edges('first: 1');
      const [second] = await hub.mgr.edges('first: 1, after: "" , before: ""');
      expect(second).toEqual(first);
      const cursors = (await hub.mgr.edges('first: 3')).map(({ cursor }) => cursor);
      const numbers = cursors.map((cursor) => JSON.parse(atob(cursor)));
      expect(numbers).toEqual(Array(3).fill([expect.any(Number)]));
      expect(numbers.flat()).toEqual(numbers.flat().sort((a, b) => a - b));
      expect((await page(`first: 1, after: "${btoa('[]')}"`)).ids).toEqual([seedId(0)]);
      for (const junk of ['junk', btoa('{}'), btoa('12'), '====']) {
        expect(await refusal(`after: "${junk}"`)).toMatchObject({
          message: 'Invalid cursor',
          extensions: { status: 400 },
        });
      }
      expect((await refusal(`after: "${btoa('["x"]')}"`)).extensions).toEqual({ status: 400 });
    });

    test('52 · summary and payload are JSON texts with sorted keys, an empty payload is null', async () => {
      const topic = hub.topic('json');
      await hub.mgr.dispatch({
        topic,
        summary: { b: 1, a: 'ů' },
        payload: { z: [1, null], y: {} },
      });
      await hub.mgr.dispatch({ topic });
      const edges = await hub.mgr.edges(`topics: ["${topic}"]`, 'summary payload');
      expect(edges.map(({ node }) => node)).toEqual([
        { summary: '{"a":"ů","b":1}', payload: '{"y":{},"z":[1,null]}' },
        { summary: '{}', payload: null },
      ]);
    });

    const matching = async (topic: string, filter: string) =>
      ids(await hub.mgr.edges(`topics: ["${topic}"], filter: ${JSON.stringify(filter)}`));

    test('53 · each word of a text filter of three letters or more stands somewhere', async () => {
      const topic = hub.topic('entity.folder');
      const made = await hub.mgr.dispatch({ topic, description: 'it was created' });
      await hub.mgr.dispatch({ topic, description: 'it was deleted' });
      const byProject = await hub.mgr.dispatch({ topic, project: 'created_now' });
      expect(await matching(topic, 'folder created')).toEqual([made, byProject]);
      expect(await matching(topic, 'created xx folder it')).toEqual([made, byProject]);
      expect(await matching(topic, 'folder created mgr was')).toEqual([made]);
      expect(await matching(topic, 'folder nowhere')).toEqual([]);
    });

    test('54 · a text filter knows no accents, no % and no wildcards', async () => {
      const topic = hub.topic('words');
      const [plain, accents] = [
        await hub.mgr.dispatch({ topic, description: 'a kun here' }),
        await hub.mgr.dispatch({ topic, description: 'Žluťoučký KŮŇ' }),
      ];
      const under = await hub.mgr.dispatch({ topic, description: 'a_b' });
      const other = await hub.mgr.dispatch({ topic, description: 'axb' });
      expect(await matching(topic, 'kůň')).toEqual([plain, accents]);
      expect(await matching(topic, 'kun')).toEqual([plain, accents]);
      expect(await matching(topic, '50%')).toEqual([plain, accents, under, other]);
      expect(await matching(topic, 'a_b')).toEqual([under]); // AYON: also axb (17.1)
    });

    test('55 · two aliased events fields are both answered', async () => {
      const topic = hub.topic('alias');
      const made = await several(topic, 2);
      const { data, errors } = await hub.mgr.graphql(`{
        oldest: events(topics: ["${topic}"], first: 1) { edges { node { id } } }
        newest: events(topics: ["${topic}"], last: 1) { edges { node { id } } } }`);
      expect(errors).toBeUndefined();
      expect([ids(data.oldest.edges), ids(data.newest.edges)]).toEqual(made.map((id) => [id]));
    });

    test('56 · the text of the Python client parses and pages to the end', async () => {
      const text = (page: string, info: string) => `query Events($eventTopics: [String!],\
$includeLogsFilter: Boolean!,$hasChildrenFilter: Boolean!,$newerThanFilter: String!,\
$textFilter: String!) {
  events(topics: $eventTopics, includeLogs: $includeLogsFilter, hasChildren: $hasChildrenFilter,\
 newerThan: $newerThanFilter, filter: $textFilter, ${page}) {
    edges {
      node {
        id
        createdAt
        topic
        hash
      }
    }
    pageInfo {
      ${info}
    }
  }
}`;
      const variables = {
        eventTopics: ['seed.*'],
        includeLogsFilter: true,
        hasChildrenFilter: false,
        newerThanFilter: '2025-01-01',
        textFilter: 'plain',
      };
      const walk = async (size: string, by: string, cursor: string, more: string) => {
        const seen: string[] = [];
        let after = '';
        for (let pages = 0; pages < 10; pages++) {
          const query = text(`${size}${after}`, `${cursor} ${more}`);
          const { data, errors } = await hub.mgr.graphql(query, variables);
          expect(errors).toBeUndefined();
          seen.push(...ids(data.events.edges));
          if (!data.events.pageInfo[more]) return seen;
          after = `, ${by}: "${data.events.pageInfo[cursor]}"`;
        }
        return seen;
      };
      const all = Array.from({ length: 130 }, (_, n) => n)
        .filter((n) => n % 10 !== 3)
        .map(seedId);
      expect(await walk('first: 50', 'after', 'endCursor', 'hasNextPage')).toEqual(all);
      const newestFirst = await walk('last: 50', 'before', 'startCursor', 'hasPreviousPage');
      expect(newestFirst).toEqual([...all].reverse());
    });
  },
  SEEDS,
);
