/**
 * A model of a stock AYON server as a process of its own would be: REST, GraphQL and WebSocket on 127.0.0.1, built from
 * docs/protocol.md alone (sections in brackets). No change feed, no word about deletes, ids of its own.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, graphql } from 'graphql';
import { WebSocketServer, type WebSocket } from 'ws';

type Json = Record<string, unknown>;

/** A row of the table `events` [1.1]; times are milliseconds by the model's clock. */
export interface StockEvent {
  id: string;
  hash: string;
  order: number;
  topic: string;
  sender: string | null;
  senderType: string | null;
  project: string | null;
  user: string | null;
  dependsOn: string | null;
  status: string;
  retries: number;
  description: string;
  summary: Json;
  payload: Json;
  createdAt: number;
  updatedAt: number;
}

const SCHEMA = buildSchema(`
  type EventNode { id: String! hash: String! topic: String! sender: String project: String user: String
    dependsOn: String status: String! retries: Int! description: String! summary: String! payload: String
    createdAt: String! updatedAt: String! }
  type EventEdge { node: EventNode! cursor: String }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type EventsConnection { edges: [EventEdge!]! pageInfo: PageInfo! }
  type Query { events(ids: [String!], topics: [String!], projects: [String!], users: [String!], statuses: [String!],
    includeLogs: Boolean! = false, first: Int, after: String, last: Int, before: String): EventsConnection! }`);
const DEFAULT_PAGE = 100;
const UPDATABLE = ['sender', 'project', 'user', 'status', 'description', 'summary', 'payload'];

interface EventsArguments {
  ids?: string[];
  topics?: string[];
  statuses?: string[];
  includeLogs: boolean;
  first?: number;
  after?: string;
  last?: number;
  before?: string;
}

/** What a page of this server may be served as, by path. */
export type Files = (path: string) => { type: string; bytes: Uint8Array | string } | null;

export class AyonModel {
  /** Of the user `artist`. */
  readonly token = randomBytes(32).toString('hex');
  /** API key of the service `svc`. */
  readonly key = randomBytes(16).toString('hex');
  /** A WebSocket knows an API key only after a request with it [10.1]. */
  private isKeyKnown = false;
  readonly events = new Map<string, StockEvent>();
  /** Lets callers of POST /api/query in [6.2]. */
  isAdmin = true;
  /** The model's clock, in milliseconds: other than the browser's. */
  now = Date.parse('2026-03-20T10:00:00Z');
  private lastOrder = 0;
  private port = 0;
  private server: Server | null = null;
  private readonly sockets = new Set<WebSocket>();
  private readonly authenticated = new Set<WebSocket>();
  private readonly files: Files;

  constructor(files: Files) {
    this.files = files;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** On the port that it had before, if any. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.answer(request)
        .then(({ status, body, type }) => {
          response.writeHead(status, { 'content-type': type ?? 'application/json' }).end(body);
        })
        .catch((error: Error) => {
          response.writeHead(500).end(JSON.stringify({ status: 500, detail: error.message }));
        });
    });
    const sockets = new WebSocketServer({ server, path: '/ws' });
    sockets.on('connection', (socket) => this.connect(socket));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** The process ends; what is committed stays. */
  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  /** [3.4]; `reuse` gives the row of that hash a new id and says nothing of the old one. */
  dispatch(body: Json, user = 'svc'): string {
    const id = randomBytes(16).toString('hex');
    const hash = (body['hash'] as string | null) ?? id;
    const old = [...this.events.values()].find((event) => event.hash === hash);
    if (old && !body['reuse']) throw new Refusal(409, 'Event with the same hash already exists');
    if (old) this.events.delete(old.id);
    const event: StockEvent = {
      id,
      hash,
      order: old?.order ?? ++this.lastOrder,
      topic: String(body['topic']),
      sender: (body['sender'] as string) || null,
      senderType: 'api',
      project: (body['project'] as string) ?? null,
      user,
      dependsOn: null, // accepted and dropped [3.1]
      status: body['finished'] === false ? 'pending' : 'finished',
      retries: old?.retries ?? 0,
      description: (body['description'] as string) ?? '',
      summary: (body['summary'] as Json) ?? {},
      payload: (body['payload'] as Json) ?? {},
      createdAt: old?.createdAt ?? this.now,
      updatedAt: this.now,
    };
    this.events.set(id, event);
    this.tell(event, { store: true, progress: event.status === 'finished' ? 100 : 0 });
    return id;
  }

  /** [4.2] */
  update(id: string, body: Json): void {
    const event = this.events.get(id);
    if (!event) throw new Refusal(404, 'Event not found');
    for (const name of UPDATABLE) {
      if (body[name] !== undefined && body[name] !== null)
        Object.assign(event, { [name]: body[name] });
    }
    event.updatedAt = this.now;
    this.tell(event, typeof body['progress'] === 'number' ? { progress: body['progress'] } : {});
  }

  /** Take and abort of launcher actions: no message, and the time stays [4.3]. */
  updateSilently(id: string, status: string): void {
    const event = this.events.get(id);
    if (event) event.status = status;
  }

  /** No message is sent [9.5]. */
  remove(id: string): void {
    if (!this.events.delete(id)) throw new Refusal(404, 'Event not found');
  }

  private connect(socket: WebSocket): void {
    this.sockets.add(socket);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.authenticated.delete(socket);
    });
    socket.on('message', (data) => {
      let message: unknown;
      try {
        message = JSON.parse(String(data));
      } catch {
        return; // nothing but auth has an effect, and nothing is answered [9.2]
      }
      const { topic, token } = (message ?? {}) as Json;
      const isKey = this.isKeyKnown && token === this.key;
      if (topic === 'auth' && (token === this.token || isKey)) this.authenticated.add(socket);
    });
  }

  /** [9.4]: keys in alphabetical order, times without offset, no hash, retries and payload. */
  private tell(event: StockEvent, more: Json): void {
    const { hash: _, retries: _r, payload: _p, order: _o, ...shown } = event;
    const all: Json = {
      ...shown,
      createdAt: iso(event.createdAt).replace('+00:00', ''),
      updatedAt: iso(event.updatedAt).replace('+00:00', ''),
      ...more,
    };
    const text = JSON.stringify(
      Object.fromEntries(
        Object.keys(all)
          .sort()
          .map((key) => [key, all[key]]),
      ),
    );
    for (const socket of this.authenticated) socket.send(text);
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const path = new URL(request.url ?? '/', this.url).pathname;
    const file = request.method === 'GET' ? this.files(path) : null;
    if (file) return { status: 200, type: file.type, body: file.bytes };
    const user = this.userOf(request);
    if (!user) return refused(401, 'Access token is missing');
    let text = '';
    for await (const chunk of request) text += chunk;
    try {
      const body = text === '' ? {} : (JSON.parse(text) as Json);
      return await this.route(user, request.method ?? 'GET', path, body);
    } catch (error) {
      if (error instanceof Refusal) return refused(error.status, error.message);
      throw error;
    }
  }

  private userOf({ headers }: IncomingMessage): string | null {
    if (headers.authorization === `Bearer ${this.token}`) return 'artist';
    if (headers['x-api-key'] !== this.key) return null;
    this.isKeyKnown = true;
    return 'svc';
  }

  private async route(user: string, method: string, path: string, body: Json): Promise<Answer> {
    if (path === '/api/users/me') {
      const isService = user === 'svc';
      return ok({ name: user, data: { isService, isAdmin: !isService && this.isAdmin } });
    }
    if (path === '/graphql') return ok(await this.graphql(body));
    if (path === '/api/query') return ok(this.query(body));
    if (path === '/api/events') return ok({ id: this.dispatch(body, user) });
    const id = /^\/api\/events\/([0-9a-f]{32})$/.exec(path)?.[1];
    if (!id) return refused(404, `API endpoint ${path} not found`);
    if (method === 'PATCH') this.update(id, body);
    else if (method === 'DELETE') this.remove(id);
    else if (!this.events.has(id)) throw new Refusal(404, 'Event not found');
    else return ok(rest(this.events.get(id) as StockEvent));
    return { status: 204, body: '' };
  }

  /** [6.2], with the conditions that a replica sends. */
  private query(body: Json): Json[] {
    if (!this.isAdmin) throw new Refusal(403, 'Only admins can use this endpoint');
    const { filter, limit, offset } = body as {
      filter: { conditions: { key: string; operator: string; value: string | number }[] };
      limit: number;
      offset: number;
    };
    const matches = (event: StockEvent) =>
      filter.conditions.every(({ key, operator, value }) => {
        if (key === 'updatedAt' && operator === 'gte')
          return event.updatedAt >= Date.parse(String(value));
        if (key === 'creation_order' && operator === 'lte') return event.order <= Number(value);
        throw new Refusal(400, `the model knows no condition ${key} ${operator}`);
      });
    return this.newestFirst()
      .filter(matches)
      .slice(offset, offset + limit)
      .map(queried);
  }

  private newestFirst(): StockEvent[] {
    return [...this.events.values()].sort((a, b) => b.order - a.order);
  }

  private graphql({ query, variables }: Json): Promise<unknown> {
    return graphql({
      schema: SCHEMA,
      source: String(query),
      variableValues: variables as Json,
      rootValue: { events: (args: EventsArguments) => this.page(args) },
    });
  }

  /** [6.3, 6.5] */
  private page({
    ids,
    topics,
    statuses,
    includeLogs,
    first,
    after,
    last,
    before,
  }: EventsArguments) {
    const edge = before ? orderOf(before) : after ? orderOf(after) : null;
    const rows = this.newestFirst().filter(
      ({ id, topic, status, order }) =>
        (!ids || ids.includes(id)) &&
        (!topics || topics.includes(topic)) &&
        (!statuses || statuses.includes(status)) &&
        (topics || includeLogs || !topic.startsWith('log.')) &&
        (edge === null || (before ? order < edge : order > edge)),
    );
    if (!last) rows.reverse();
    const size = first || last || DEFAULT_PAGE;
    const edges = rows.slice(0, size).map((event) => ({
      cursor: btoa(`[${event.order}]`),
      node: {
        ...event,
        summary: JSON.stringify(event.summary),
        payload: Object.keys(event.payload).length > 0 ? JSON.stringify(event.payload) : null,
        createdAt: iso(event.createdAt),
        updatedAt: iso(event.updatedAt),
      },
    }));
    return {
      edges,
      pageInfo: {
        hasNextPage: !!first && edges.length >= first,
        hasPreviousPage: !first && !!last && edges.length >= last,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
    };
  }
}

interface Answer {
  status: number;
  body: string | Uint8Array;
  type?: string;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const ok = (body: unknown): Answer => ({ status: 200, body: JSON.stringify(body) });
const refused = (code: number, detail: string): Answer => ({
  status: code,
  body: JSON.stringify({ code, detail }),
});
/** With microseconds and an offset [1.5]. */
const iso = (time: number) => new Date(time).toISOString().replace(/(\.\d{3})Z$/, '$1000+00:00');
const orderOf = (cursor: string) => Number((JSON.parse(atob(cursor)) as number[])[0]);

function rest({ order: _, ...event }: StockEvent): Json {
  return { ...event, createdAt: iso(event.createdAt), updatedAt: iso(event.updatedAt) };
}

/** snake_case, null members left out [1.2]. */
function queried(event: StockEvent): Json {
  const snake = Object.entries(rest(event))
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]);
  return Object.fromEntries(snake) as Json;
}
