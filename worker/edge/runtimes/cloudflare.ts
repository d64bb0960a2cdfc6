/**
 * A hub as a Durable Object of Cloudflare, and the Worker in front of it (docs/hub.md).
 *
 * @module cuesheet/hub/cloudflare
 */
import { DurableObject } from 'cloudflare:workers';
import wasm from './cuesheet-hub.wasm';
import type { ImportAnswer } from '../../../wasm/import-lines.ts';
import type { HibernatingSocket, ObjectState } from './cloudflare-api.ts';
import { objectFiles } from './cloudflare-files.ts';
import { createObjectSockets, type ObjectSockets } from './cloudflare-sockets.ts';
import { createCredentials, type Credentials } from '../credentials.ts';
import { createHub, type Hub } from '../hub.ts';
import { drain, type HubEnv, settingsOf, verifierOf } from './cloudflare-settings.ts';
import { parseUsers, UsersError } from '../users.ts';

export { CuesheetRelay } from './cloudflare-relay.ts';
export type { HubEnv } from './cloudflare-settings.ts';

/** Sockets without a login are checked each second; the core has the deadline. */
const LOGIN_TICK_MS = 1000;
const LOGIN_MS = 4000;
const HEARTBEAT_SECONDS = 5;
const TENANT = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const NO_USERS = 'This hub has no users: set CUESHEET_USERS';
const USERS_KEY = 'users';
const SESSIONS_KEY = 'sessions';

declare class WebSocketPair {
  0: HibernatingSocket;
  1: HibernatingSocket;
}

interface Running {
  hub: Hub;
  credentials: Credentials;
  sockets: ObjectSockets;
}

/**
 * Answers a request by the hub of its tenant: the `fetch` of the Worker in front of the objects.
 *
 * @example
 * export { CuesheetHub } from 'cuesheet/hub/cloudflare';
 * export default { fetch: routeToHub };
 */
export async function routeToHub(request: Request, env: HubEnv): Promise<Response> {
  const tenant = tenantOf(new URL(request.url).hostname, env.CUESHEET_DOMAIN);
  if (tenant === null) return refusal(404, 'No hub has this address');
  const relay = relayOf(request, env);
  if (relay !== null && env.RELAYS) {
    return env.RELAYS.get(env.RELAYS.idFromName(`${tenant}/${relay}`)).fetch(request);
  }
  return env.HUBS.get(env.HUBS.idFromName(tenant)).fetch(request);
}

/**
 * WebSockets go to one of the relays, if there are any, by their random key; requests to the hub, because a
 * client may read what it has just written.
 */
function relayOf(request: Request, env: HubEnv): number | null {
  const relays = Number(env.CUESHEET_RELAYS ?? 0);
  const key = request.headers.get('sec-websocket-key');
  if (!(relays > 0) || key === null) return null;
  let hash = 0;
  for (const character of key) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return hash % relays;
}

/** `main` where there is only one hub; null for a host outside of the domain. */
function tenantOf(host: string, domain: string | undefined): string | null {
  if (!domain) return 'main';
  if (!host.endsWith(`.${domain}`)) return null;
  const name = host.slice(0, -domain.length - 1);
  return TENANT.test(name) ? name : null;
}

/**
 * One hub: its events in the object's SQLite storage, its WebSockets hibernating. It may be evicted
 * between any two messages. Users come from `setUsers`, else from `CUESHEET_USERS`; without any it
 * stores nothing and answers 503.
 */
export class CuesheetHub extends DurableObject<HubEnv> {
  readonly #ctx: ObjectState;
  readonly #env: HubEnv;
  #running: Running | null = null;
  #lastLogin = Date.now();
  #ringing: Promise<void> = Promise.resolve();

  constructor(ctx: ObjectState, env: HubEnv) {
    super(ctx, env);
    this.#ctx = ctx;
    this.#env = env;
    void ctx.blockConcurrencyWhile(async () => {
      try {
        await this.#start();
      } catch (error) {
        if (!(error instanceof UsersError)) throw error;
        console.error(`cuesheet: CUESHEET_USERS: ${error.message}`);
      }
    });
  }

  /**
   * Replaces the users, which stay in the object's storage from now on; connected sockets stay connected.
   * It is for the owner's own Worker, by RPC; HTTP does not reach it.
   * @throws UsersError that names the entry and the field.
   */
  async setUsers(text: string): Promise<void> {
    const records = await parseUsers(text);
    this.#ctx.storage.kv.put(USERS_KEY, JSON.stringify(records));
    await this.#ctx.blockConcurrencyWhile(() => this.#start());
  }

  /**
   * Stores events of another hub, NDJSON as `cuesheet export` writes it, at most 16 MiB a call. It is for
   * the owner's own Worker, by RPC.
   * @throws Error without users, CoreError `too_large`.
   */
  async importEvents(lines: string): Promise<ImportAnswer> {
    if (!this.#running) throw new Error(NO_USERS);
    return this.#running.hub.importLines(lines);
  }

  /** For the owner's own Worker, by RPC: how large the hub is; null without users. */
  status(): { events: number; memoryBytes: number; sockets: number } | null {
    if (!this.#running) return null;
    const { hub, sockets } = this.#running;
    return { events: hub.events(), memoryBytes: hub.memoryBytes(), sockets: sockets.count() };
  }

  /** Answers a request of this tenant; `/ws` becomes a WebSocket. */
  async fetch(request: Request): Promise<Response> {
    if (!this.#running) return refusal(503, NO_USERS);
    const isSocket = request.headers.get('upgrade')?.toLowerCase() === 'websocket';
    if (isSocket) return this.#accept(request, this.#running.sockets);
    const address = request.headers.get('cf-connecting-ip') ?? '';
    const response = await this.#running.hub.fetch(request, address);
    if (!request.bodyUsed) await drain(request.body);
    return response;
  }

  /** Called by the runtime. @internal */
  async webSocketMessage(socket: HibernatingSocket, data: string | ArrayBuffer): Promise<void> {
    await this.#running?.sockets.message(socket, data);
  }

  /** Called by the runtime. @internal */
  async webSocketClose(socket: HibernatingSocket): Promise<void> {
    this.#running?.sockets.closed(socket);
  }

  /** Called by the runtime. @internal */
  async webSocketError(socket: HibernatingSocket): Promise<void> {
    this.#running?.sockets.closed(socket);
  }

  /** Heartbeats, the authentication deadline and leases; rings only while there are sockets or a lease may end. */
  async alarm(): Promise<void> {
    if (!this.#running) return;
    await this.#running.hub.tick();
    if (this.#running.sockets.count() > 0) await this.#setAlarm();
  }

  async #start(): Promise<void> {
    const { kv } = this.#ctx.storage;
    const text = (kv.get(USERS_KEY) as string | undefined) ?? this.#usersOfEnv();
    if (text === null) return;
    const users = await parseUsers(text);
    if (this.#running) return this.#running.credentials.replaceUsers(users);
    const sessions = {
      load: () => (kv.get(SESSIONS_KEY) as string | undefined) ?? null,
      save: (text: string) => kv.put(SESSIONS_KEY, text),
    };
    const credentials = createCredentials(users, sessions, Date.now, verifierOf(this.#env));
    const files = objectFiles(this.#ctx.storage);
    const onCrash = ({ message }: Error) => this.#ctx.abort(message);
    // Where no alarm can be set, nothing can be saved either, which the commits report.
    const wakeIn = (delayMs: number) =>
      void this.#ringAt(Date.now() + delayMs).catch(() => undefined);
    const options = { wasm, files, credentials, onCrash, wakeIn };
    const hub = await createHub({ ...options, ...settingsOf(this.#env) });
    this.#running = { hub, credentials, sockets: createObjectSockets(this.#ctx, hub) };
  }

  /** The list of the secret that is this tenant's, or null. */
  #usersOfEnv(): string | null {
    const text = this.#env.CUESHEET_USERS;
    if (!text) return null;
    const users = parseSecret(text);
    if (Array.isArray(users)) return this.#env.CUESHEET_DOMAIN ? null : text;
    const list = Object.entries(users).find(([name]) => name === this.#ctx.id.name)?.[1];
    return list === undefined ? null : JSON.stringify(list);
  }

  async #accept(request: Request, sockets: ObjectSockets): Promise<Response> {
    if (new URL(request.url).pathname !== '/ws') return new Response(null, { status: 404 });
    const { 0: client, 1: server } = new WebSocketPair();
    if (!sockets.accept(server)) return new Response(null, { status: 503 });
    this.#lastLogin = Date.now();
    await this.#setAlarm();
    return new Response(null, { status: 101, webSocket: client } as ResponseInit);
  }

  #setAlarm(): Promise<void> {
    const heartbeat = Number(this.#env.CUESHEET_HEARTBEAT_SECONDS) || HEARTBEAT_SECONDS;
    const isLoginDue = Date.now() - this.#lastLogin < LOGIN_MS;
    return this.#ringAt(Date.now() + (isLoginDue ? LOGIN_TICK_MS : heartbeat * 1000));
  }

  /** There is one alarm, and the earliest time counts. It rings for an object that was evicted too. */
  #ringAt(time: number): Promise<void> {
    const { storage } = this.#ctx;
    const before = this.#ringing.catch(() => undefined);
    this.#ringing = before.then(async () => {
      const set = await storage.getAlarm();
      if (set === null || time < set) await storage.setAlarm(time);
    });
    return this.#ringing;
  }
}

/** @throws UsersError without the parser's message, which quotes the text. */
function parseSecret(text: string): object {
  try {
    const users: unknown = JSON.parse(text);
    if (typeof users === 'object' && users !== null) return users;
  } catch {
    // the error below says it
  }
  throw new UsersError('expected JSON: a list of users, or an object of such lists by tenant');
}

function refusal(code: number, detail: string): Response {
  return Response.json({ code, detail }, { status: code });
}
