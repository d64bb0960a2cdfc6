import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Answer, call } from '../hub-process.ts';
import { RUNTIMES, type RuntimeHub } from '../runtimes.ts';
import { type Listener, listen } from './listener.ts';

/** The users of every conformance hub: their names in protocol.md section 13, their keys and roles. */
export const USERS = [
  { name: 'svc', apiKey: 'key-svc', data: { isService: true } },
  { name: 'adm', apiKey: 'key-adm', password: 'correct horse', data: { isAdmin: true } },
  { name: 'mgr', apiKey: 'key-mgr', data: { isManager: true } },
  { name: 'usr', apiKey: 'key-usr', data: { accessGroups: { demo: ['artist'] } } },
  { name: 'gst', apiKey: 'key-gst', data: { isGuest: true } },
  { name: 'bob', apiKey: 'key-bob', data: { accessGroups: { other: ['artist'] } } },
];

export type Role = 'svc' | 'adm' | 'mgr' | 'usr' | 'gst' | 'bob';
export type Reply = Awaited<ReturnType<typeof call>>;
type Headers = Record<string, string>;

/** One user who talks to the hub. */
export interface Client {
  key: string;
  get(path: string, headers?: Headers): Promise<Reply>;
  post(path: string, body: unknown, headers?: Headers): Promise<Reply>;
  patch(id: string, body: unknown, headers?: Headers): Promise<Reply>;
  remove(id: string): Promise<Reply>;
  /** Dispatches and gives the id. */
  dispatch(body: object, headers?: Headers): Promise<string>;
  /** The event as GET shows it. */
  read(id: string): Promise<Answer>;
  /** The answer of POST /graphql. */
  graphql(query: string, variables?: object): Promise<Answer>;
  /** The edges of `events(ARGUMENTS) { edges { cursor node { FIELDS } } }`. */
  edges(args: string, fields?: string): Promise<{ cursor: string; node: Answer }[]>;
}

export interface Suite extends Record<Role, Client> {
  /** Set when the hub runs. */
  hub: RuntimeHub;
  /** A request without credentials. */
  anonymous(method: string, path: string, body?: unknown, headers?: Headers): Promise<Reply>;
  /** An authenticated WebSocket; with `project` it asks for that project only. */
  listen(role: Role, subscribe: string[], project?: string): Promise<Listener>;
  /** A topic that no other test uses. */
  topic(name: string): string;
}

/** Runs one chapter of the 92 statements against every runtime; `events` are there from the start. */
export function conformance(
  chapter: string,
  define: (suite: Suite) => void,
  events?: object[],
): void {
  describe.each(RUNTIMES)(`${chapter} on $name`, ({ start }) => {
    const suite = createSuite();
    beforeAll(async () => {
      const lines = events?.map((event) => JSON.stringify(event)).join('\n');
      suite.hub = await start({ users: JSON.stringify(USERS), ...(lines && { events: lines }) });
    });
    afterAll(() => suite.hub.stop());
    define(suite);
  });
}

/** 400 with the body of a failed validation (protocol.md 3.3); `loc` is the place of the first error. */
export function expectInvalid(reply: Reply, loc?: string[]): void {
  expect(reply.status).toBe(400);
  expect(reply.body).toMatchObject({
    code: 400,
    detail: expect.stringMatching(/^Request validation error in \[[A-Z]+\] \//),
    path: expect.stringMatching(/^\//),
    traceback: expect.any(String),
    errors: expect.arrayContaining(
      [{ loc: loc ?? expect.any(Array), msg: expect.any(String), type: expect.any(String) }].map(
        (error) => expect.objectContaining(error),
      ),
    ),
  });
}

/** A refusal with AYON's short body. */
export function expectRefused(reply: Reply, code: number, detail: string): void {
  expect({ status: reply.status, body: reply.body }).toEqual({
    status: code,
    body: { code, detail },
  });
}

let topics = 0;

function createSuite(): Suite {
  const suite = {
    anonymous: (method: string, path: string, body?: unknown, headers: Headers = {}) =>
      call(suite.hub, method, path, { ...(body !== undefined && { body }), headers }),
    listen: async (role: Role, subscribe: string[], project?: string) => {
      const { key } = suite[role];
      await suite[role].get('/api/users/me'); // a key opens a socket after its use over HTTP (9.2)
      return listen(suite.hub.url, key, suite.svc, subscribe, project);
    },
    topic: (name: string) => `${name}.n${++topics}`,
  } as Suite;
  for (const { name, apiKey } of USERS) suite[name as Role] = createClient(suite, apiKey);
  return suite;
}

function createClient(suite: Suite, key: string): Client {
  const client: Client = {
    key,
    get: (path, headers = {}) => call(suite.hub, 'GET', path, { key, headers }),
    post: (path, body, headers = {}) => call(suite.hub, 'POST', path, { key, body, headers }),
    patch: (id, body, headers = {}) =>
      call(suite.hub, 'PATCH', `/api/events/${id}`, { key, body, headers }),
    remove: (id) => call(suite.hub, 'DELETE', `/api/events/${id}`, { key }),
    async dispatch(body, headers) {
      const reply = await client.post('/api/events', body, headers);
      expect(reply.body).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect(reply.status).toBe(200);
      return reply.body.id;
    },
    async read(id) {
      const reply = await client.get(`/api/events/${id}`);
      expect(reply.status).toBe(200);
      return reply.body;
    },
    async graphql(query, variables) {
      const reply = await client.post('/graphql', { query, variables });
      expect(reply.status).toBe(200);
      return reply.body;
    },
    async edges(args, fields = 'id topic') {
      const list = args === '' ? 'events' : `events(${args})`;
      const answer = await client.graphql(`{ ${list} { edges { cursor node { ${fields} } } } }`);
      expect(answer.errors).toBeUndefined();
      return answer.data.events.edges;
    },
  };
  return client;
}
