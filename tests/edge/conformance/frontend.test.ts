import { expect, test } from 'vitest';
import { conformance } from './suite.ts';
import { seedEvent, seedId } from './seed.ts';

/** What the frontend shows of an event in a list (protocol.md 11.2). */
const FRAGMENT = `fragment EventFragment on EventNode {
  id topic user sender project description dependsOn updatedAt status
}`;
const EDGES = 'edges { node { ...EventFragment } cursor } pageInfo { hasPreviousPage }';

/** The events page: 150 events, each third one a log event. */
const COUNT = 150;
const isLog = (number: number) => number % 3 === 2;
const SEEDS = Array.from({ length: COUNT }, (_, number) =>
  seedEvent(number, {
    topic: isLog(number) ? 'log.error' : 'entity.folder.created',
    description: `Event number ${number}`,
    sender: 'a-browser-tab',
  }),
);
const newestFirst = Array.from({ length: COUNT }, (_, index) => COUNT - 1 - index);
const events = newestFirst.filter((number) => !isLog(number)).map(seedId);
const all = newestFirst.map(seedId);

conformance(
  'the documents of the AYON frontend',
  (hub) => {
    type Page = { edges: { node: { id: string }; cursor: string }[]; pageInfo: object };
    const ids = (page: Page) => page.edges.map(({ node }) => node.id);
    const ask = async (query: string, variables: object) => {
      const { data, errors } = await hub.mgr.graphql(query, variables);
      expect(errors).toBeUndefined();
      return data;
    };

    const WITH_LOGS = `query EventsWithLogs(
        $last: Int, $before: String, $beforeLogs: String, $filter: String) {
      events(last: $last, before: $before, includeLogs: false, filter: $filter) { ${EDGES} }
      logs: events(last: $last, before: $beforeLogs, includeLogs: true, filter: $filter) { ${EDGES} }
    } ${FRAGMENT}`;

    test('EventsWithLogs: the page begins with empty strings and goes on by its last edges', async () => {
      const first = await ask(WITH_LOGS, { last: 100, before: '', beforeLogs: '', filter: '' });
      expect(ids(first.events)).toEqual(events.slice(0, 100));
      expect(ids(first.logs)).toEqual(all.slice(0, 100));
      expect(first.events.pageInfo).toEqual({ hasPreviousPage: true });
      expect(first.logs.edges[0].node).toEqual({
        id: seedId(149),
        topic: 'log.error',
        user: 'bob',
        sender: 'a-browser-tab',
        project: null,
        description: 'Event number 149',
        dependsOn: null,
        updatedAt: '2026-01-01T02:29:00+00:00',
        status: 'finished',
      });
      const second = await ask(WITH_LOGS, {
        last: 100,
        before: first.events.edges.at(-1).cursor,
        beforeLogs: first.logs.edges.at(-1).cursor,
        filter: '',
      });
      expect(ids(second.events)).toEqual([]);
      expect(ids(second.logs)).toEqual(all.slice(100));
      expect(second.logs.pageInfo).toEqual({ hasPreviousPage: false });
    });

    test('EventsWithLogs: the toolbar’s filter narrows both lists', async () => {
      const found = await ask(WITH_LOGS, {
        last: 100,
        before: '',
        beforeLogs: '',
        filter: 'log.error number 14',
      });
      expect(ids(found.events)).toEqual([]);
      // "14" is too short to count; the two other words are in every log event
      expect(ids(found.logs)).toEqual(newestFirst.filter(isLog).map(seedId));
    });

    test('EventsByTopics: the topics of some projects', async () => {
      const topic = hub.topic('import.data');
      const own = await hub.svc.dispatch({ topic, project: 'demo' });
      await hub.svc.dispatch({ topic, project: 'other' });
      const data = await ask(
        `query EventsByTopics($topics: [String!]!, $last: Int, $projects: [String!]!) {
          events(topics: $topics, last: $last, projects: $projects) {
            edges { node { ...EventFragment } } } } ${FRAGMENT}`,
        { topics: [topic, 'import.none'], last: 10, projects: ['demo'] },
      );
      expect(ids(data.events)).toEqual([own]);
    });

    test('GetInstallEvents: the state of installs by their ids', async () => {
      const topic = 'dependency_package.install_from_url';
      const id = await hub.svc.dispatch({ topic, finished: false, description: 'Installing' });
      const data = await ask(
        `query GetInstallEvents($ids: [String!]!) {
          events(last: 100, ids: $ids) { edges { node { id status description } } } }`,
        { ids: [id, 'e'.repeat(32)] },
      );
      expect(data.events.edges).toEqual([
        { node: { id, status: 'pending', description: 'Installing' } },
      ]);
    });

    test('GetMarketInstallEvents: installs of addons with their summary as text', async () => {
      const summary = { url: 'http://localhost/a.zip', name: 'maya', version: '1.0.0' };
      const id = await hub.svc.dispatch({ topic: 'addon.install_from_url', summary });
      const data = await ask(
        `query GetMarketInstallEvents {
          events(last: 100, topics: ["addon.install_from_url"]) {
            edges { node { id status description summary } } } }`,
        {},
      );
      const [{ node }] = data.events.edges;
      expect(node).toMatchObject({ id, status: 'finished', description: '' });
      expect(JSON.parse(node.summary)).toEqual(summary);
    });

    test('the detail of an event is GET, its restart button PATCH', async () => {
      const dependsOn = await hub.svc.dispatch({ topic: hub.topic('detail') });
      const body = { topic: hub.topic('detail'), dependsOn, payload: { message: 'm' } };
      const id = await hub.svc.dispatch(body);
      expect((await hub.mgr.read(id)).payload).toEqual({ message: 'm' });
      expect((await hub.mgr.patch(id, { status: 'restarted' })).status).toBe(204);
      expect((await hub.mgr.read(id)).status).toBe('restarted');
    });
  },
  SEEDS,
);
