// The reads of npm run bench:scale, and whether an answer is right.
import type { Answer, Call, Client } from './client.ts';
import { RARE, RARE_TOPIC, RARE_USER, type Samples } from './events.ts';

const PAGE = 100;

interface Row {
  id: string;
  topic: string;
  user: string | null;
  project: string | null;
  status: string;
  createdAt: string;
}

export interface Read {
  name: string;
  call: Call;
  /** Whether these are the rows of the benchmark's own events; of another server nothing is known. */
  isRight(rows: Row[]): boolean;
}

const list = (values: readonly string[]) => JSON.stringify(values);

/** A page in GraphQL, with the columns of the frontend. */
export const page = (args: string): Call => ({
  path: '/graphql',
  body: {
    query: `{ events(${args}) {
      edges { node { id topic user sender project description dependsOn createdAt updatedAt status } cursor }
      pageInfo { hasPreviousPage } } }`,
  },
});

const condition = (key: string, operator: string, value: string) => ({ key, operator, value });
const query = (...conditions: object[]): Call => ({
  path: '/api/query',
  body: { entity: 'event', filter: { conditions } },
});

export function rowsOf(answer: Answer): Row[] {
  if (answer.errors) throw new Error(JSON.stringify(answer.errors).slice(0, 500));
  if (answer.data) return answer.data.events.edges.map((edge: { node: Row }) => edge.node);
  return Array.isArray(answer) ? answer : (answer.items ?? answer.events ?? answer.result);
}

const none = (rows: Row[]) => rows.length === 0;
const isFull = (rows: Row[]) => rows.length === PAGE;
const OPEN = ['pending', 'in_progress', 'failed', 'aborted'];

/** In the order of the table. */
export function readsOf({ ids, hash, oldTime, project, users }: Samples): Read[] {
  const isOneOf = (row: Row) =>
    OPEN.includes(row.status) && users.includes(row.user ?? '') && row.project === project;
  const isOld = (row: Row) => Date.parse(row.createdAt) <= Date.parse(oldTime);
  const asked = new Set(ids);
  return [
    { name: 'newest 100', call: page('last: 100'), isRight: isFull },
    { name: 'oldest 100', call: page('first: 100'), isRight: isFull },
    {
      name: 'statuses, users, project',
      call: page(
        `last: 100, statuses: ${list(OPEN)}, users: ${list(users)}, projects: ${list([project])}`,
      ),
      isRight: (rows) => rows.length <= PAGE && rows.every(isOneOf),
    },
    {
      name: 'topic prefix',
      call: page('last: 100, topics: ["entity.task.*"]'),
      isRight: (rows) =>
        isFull(rows) && rows.every(({ topic }) => topic.startsWith('entity.task.')),
    },
    {
      name: 'text without a hit',
      call: page('last: 100, includeLogs: true, filter: "turntabel"'),
      isRight: none,
    },
    {
      name: 'older than',
      call: page(`last: 100, olderThan: ${JSON.stringify(oldTime)}`),
      isRight: (rows) => isFull(rows) && rows.every(isOld),
    },
    {
      name: 'newer than, from the oldest',
      call: page(`first: 100, newerThan: ${JSON.stringify(oldTime)}`),
      isRight: (rows) => isFull(rows) && !rows.slice(1).some(isOld),
    },
    {
      name: 'absent topic',
      call: page('last: 100, topics: ["bench.absent"]'),
      isRight: none,
    },
    {
      name: 'rare topic',
      call: page(`last: 100, topics: ["${RARE_TOPIC}"]`),
      isRight: (rows) => rows.length === RARE && rows.every(({ topic }) => topic === RARE_TOPIC),
    },
    {
      name: 'rare user',
      call: page(`last: 100, includeLogs: true, users: ["${RARE_USER}"]`),
      isRight: (rows) => rows.length === RARE && rows.every(({ user }) => user === RARE_USER),
    },
    {
      name: 'hash by filter',
      call: query(condition('hash', 'eq', hash.hash)),
      isRight: (rows) => rows.length === 1 && rows[0]?.id === hash.id,
    },
    {
      name: '100 ids',
      call: page(`last: 100, includeLogs: true, ids: ${list(ids)}`),
      isRight: (rows) => rows.length === ids.length && rows.every(({ id }) => asked.has(id)),
    },
    { name: 'hasChildren', call: page('last: 100, hasChildren: true'), isRight: isFull },
    {
      name: 'payload like',
      call: query(condition('payload/absent', 'like', '%absent%')),
      isRight: none,
    },
    {
      name: 'two conditions by /api/query',
      call: query(condition('user', 'eq', RARE_USER), condition('topic', 'eq', 'bench.absent')),
      isRight: none,
    },
    {
      name: 'no such summary',
      call: query(condition('summary/absent', 'eq', 'absent')),
      isRight: none,
    },
  ];
}

/** What another server's events let one ask for. */
export async function samplesOf(client: Client): Promise<Samples> {
  const rows = rowsOf((await client.timed(page('last: 100'))).answer);
  const oldest = rowsOf((await client.timed(page('first: 100'))).answer).at(-1);
  if (!oldest || rows.length < PAGE) throw new Error('the server has fewer than 100 events');
  const one = (await client.timed({ path: `/api/events/${oldest.id}` })).answer;
  const users = rows.map(({ user }) => user).filter((user) => user !== null);
  return {
    ids: rows.map(({ id }) => id),
    hash: { hash: one.hash, id: one.id },
    oldTime: oldest.createdAt,
    halfTime: oldest.createdAt,
    newer: 0,
    project: rows.find(({ project }) => project)?.project ?? 'absent',
    users: [...new Set(users)].slice(0, 6),
  };
}

/** Milliseconds of warm repeats by read, for each client; they take turns. */
export async function timeReads(
  clients: readonly Client[],
  readsOfClients: readonly Read[][],
  { repeats, areChecked }: { repeats: number; areChecked: readonly boolean[] },
): Promise<Record<string, number[]>[]> {
  const times = clients.map(() => ({}) as Record<string, number[]>);
  for (const [place] of (readsOfClients[0] ?? []).entries()) {
    for (let round = -1; round < repeats; round++) {
      for (const [number, client] of clients.entries()) {
        const read = readsOfClients[number]?.[place];
        const own = times[number];
        if (!read || !own) continue;
        const { ms, answer } = await client.timed(read.call);
        if (areChecked[number] && !read.isRight(rowsOf(answer))) {
          throw new Error(`${read.name}: wrong answer ${JSON.stringify(answer).slice(0, 500)}`);
        }
        if (round >= 0) own[read.name] = [...(own[read.name] ?? []), ms];
      }
    }
  }
  return times;
}
