/**
 * Every message between a page and its worker, and between the workers of several tabs. A message
 * that does not fit is answered with an error; it never stops the worker.
 */
import type { ImportAnswer } from '../../wasm/import-lines.ts';
import type { Durability } from '../../wasm/host-files.ts';
import type { ErrorCode, ReplicaState } from '../../wasm/methods.ts';
import type { StorageProblemKind } from '../../wasm/storage-problem.ts';

export type {
  ErrorCode as CoreErrorCode,
  ReplicaState as ConnectionState,
} from '../../wasm/methods.ts';
export type { StorageProblemKind } from '../../wasm/storage-problem.ts';

/** Stable codes of everything that can go wrong; the core's own codes and the worker's. */
export type EventsErrorCode =
  | ErrorCode
  | 'offline'
  | 'unauthorized'
  | 'server'
  | 'timeout'
  | 'owner_lost'
  | 'closed'
  | 'forgotten'
  | 'aborted';

export interface ErrorMessage {
  code: EventsErrorCode;
  message: string;
}

/** What a page opens: one database, and the server that it follows, if any. */
export interface OpenRequest {
  database: string;
  wasmUrl: string;
  /** Base URL of an AYON server or a hub, without a slash at the end. */
  server: string | null;
  token: string | null;
  /** The user of writes in a database without a server. */
  user: string | null;
  /** For commits that no writer waits for, such as changes from the server. */
  durability?: Durability;
  /** What the database keeps, as the core reads it (docs/border.md, retain); absent = everything. */
  scope?: object | null;
  /** The version of the page (versions.ts), here and in the messages below; absent = it says none. */
  version?: number;
  /** Bytes of memory that the events may use; absent = what this device suggests (memory.ts). */
  memory?: number | null;
}

export interface Requests {
  open: OpenRequest;
  dispatch: { event: object; durability?: Durability };
  update: { id: string; changes: object; durability?: Durability };
  remove: { id: string; durability?: Durability };
  get: { id: string };
  /** An EventQuery as JSON, here and below: text is the cheapest to send, and cannot change. */
  query: { query: string };
  count: { query: string };
  progress: { id: string };
  tree: { id: string };
  enroll: { request: object; durability?: Durability };
  live: { live: number; query: string };
  unlive: { live: number };
  token: { token: string | null };
  outbox: Record<string, never>;
  retry: { number: number };
  discard: { number: number };
  /** The cursor of the part before, null = from the first event on. */
  export: { after: string | null };
  /** NDJSON, whole lines. */
  import: { lines: Uint8Array };
  /** The file to check, null = the first one. */
  verify: { file: string | null };
  flush: { durability?: Durability };
  close: Record<string, never>;
}

/** A part of an export; `next` is null after the last one, `lines` is NDJSON. */
export interface ExportPart {
  next: string | null;
  events: number;
  lines: Uint8Array;
}

/** The problems of one file, and the name of the next file to check, if any. */
export interface VerifyStep {
  next: string | null;
  problems: { file: string; message: string }[];
}

export interface Answers {
  open: Status;
  dispatch: { id: string };
  update: null;
  remove: { removed: boolean };
  /** UTF-8 JSON of the event, or null. */
  get: Uint8Array | null;
  /** UTF-8 JSON of `{"events","pageInfo"}`, rows as `cells`. */
  query: Uint8Array;
  /** UTF-8 JSON (docs/border.md, count and progress). */
  count: Uint8Array;
  progress: Uint8Array | null;
  /** UTF-8 JSON (docs/border.md, tree), or null. */
  tree: Uint8Array | null;
  /** UTF-8 JSON of the answer to POST /api/enroll; null: there is no job. */
  enroll: Uint8Array | null;
  live: null;
  unlive: null;
  token: null;
  /** UTF-8 JSON of a list of local writes. */
  outbox: Uint8Array;
  retry: null;
  discard: null;
  export: ExportPart;
  import: ImportAnswer;
  verify: VerifyStep;
  flush: null;
  close: null;
}

export type Kind = keyof Requests;

export interface RequestMessage<K extends Kind = Kind> {
  request: number;
  kind: K;
  body: Requests[K];
}

export type ReplyMessage =
  { reply: number; value: Answers[Kind] } | { reply: number; error: ErrorMessage };

/** A new page of a live query, or its patches (docs/border.md, patches); UTF-8 JSON, rows as `cells`. */
export type LiveMessage =
  { live: number; page: Uint8Array } | { live: number; patches: Uint8Array };

export interface Status {
  /** `local` when no server is set. */
  connection: 'local' | ReplicaState;
  /**
   * `memory`: writes settle without being saved, and what is not saved ends with the page. It may
   * become `durable` again when `problem` is `quota`.
   */
  storage: 'durable' | 'memory';
  /** The problem of the storage (wasm/storage-problem.ts describes each). */
  problem: StorageProblemKind | null;
  /** The same as a sentence for people. */
  message: string | null;
  /** Changes that are applied and not yet durable. */
  saving: boolean;
  /** Local writes that the server has not confirmed yet. */
  queuedWrites: number;
  /** Local writes that something in front of the server keeps from it, tried again slowly. */
  blockedWrites: number;
  /** Local writes that it refused: undone here, and kept to be retried or discarded. */
  refusedWrites: number;
  /**
   * What answers in the server's place (a sign-on gateway, a firewall, a portal), such as `HTTP 200, text/html`;
   * null when the server answers itself, or nothing does.
   */
  intercepted: string | null;
  /** Of the queued ones: those for which the server has no room (507). They are tried again slowly. */
  heldWrites: number;
  /** The part of the server's history that is here, 0 to 1, while older events still come in; else null. */
  history: number | null;
  events: number;
  sequence: number;
  /**
   * What to reload, and why, when this page and the owner of its events are of versions that do not understand
   * all of each other (docs/versions.md); absent or null = nothing.
   */
  reload?: string | null;
}

export interface StatusMessage {
  status: Status;
}

/** The owner has begun with a request: if it ends now, the request may have been done or not. */
export interface TakenMessage {
  taken: number;
}

/** To a side that does not answer, and its answer. */
export type PingMessage = { ping: true };
export type PongMessage = { pong: true };

/** The first message of a page: the name under which it holds a lock as long as it is connected. */
export interface HelloMessage {
  page: string;
  version?: number;
}

/** The answer to it: the lock that the worker holds as long as it lives; null without Web Locks. */
export interface WorkerMessage {
  worker: string | null;
  version?: number;
}

/** Messages to a page. */
export type FromWorker = ReplyMessage | LiveMessage | StatusMessage | PongMessage | WorkerMessage;

/** Answers of an owner to a page, through the page's own worker. */
export type FromOwner =
  ReplyMessage | LiveMessage | StatusMessage | PongMessage | TakenMessage | HandedOverMessage;

/** A new owner. `stolen`: the previous one did not answer, and may only be frozen. */
export interface NewOwnerMessage {
  to: 'guests';
  owner: string;
  stolen: boolean;
  version?: number;
}

/** A worker of a newer version asks the owner to hand the database over. `page` names who asks. */
export interface HandOverMessage {
  to: 'owner';
  page: string;
  handOver: true;
  version: number;
}

/** The answer: null = everything is saved, and nothing more will be written; else why not. */
export interface HandedOverMessage {
  handedOver: string | null;
}

/** Between workers, on the channel of a database. `page` names the asking page, `owner` who answers. */
export type ChannelMessage =
  | { to: 'owner'; page: string; message: RequestMessage }
  | ({ to: 'owner'; page: string } & PingMessage)
  | HandOverMessage
  | NewOwnerMessage
  | { to: string; owner: string; message: FromOwner; version?: number };

/** Requests that may be sent twice without harm. */
export const REPEATABLE: readonly Kind[] = [
  'get',
  'query',
  'count',
  'progress',
  'tree',
  'live',
  'unlive',
  'token',
  'outbox',
  'export',
  'import', // an existing event stays as it is
  'verify',
  'flush',
  'close',
];

/** A request that changes events or the outbox: whether it was done matters, so it is never repeated. */
export function isWrite(kind: Kind): boolean {
  return kind !== 'open' && !REPEATABLE.includes(kind);
}

type Checks = { readonly [K in Kind]: (body: Record<string, unknown>) => boolean };

const isText = (value: unknown) => typeof value === 'string';
const isTextOrNull = (value: unknown) => value === null || isText(value);
const isDurability = (value: unknown) =>
  value === undefined || value === 'relaxed' || value === 'strict';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const CHECKS: Checks = {
  open: ({ database, wasmUrl, server, token, user, durability, scope, memory }) =>
    isText(database) &&
    isText(wasmUrl) &&
    [server, token, user].every(isTextOrNull) &&
    isDurability(durability) &&
    (scope === undefined || scope === null || isObject(scope)) &&
    (memory === undefined || memory === null || Number.isInteger(memory)),
  dispatch: ({ event, durability }) => isObject(event) && isDurability(durability),
  update: ({ id, changes, durability }) =>
    isText(id) && isObject(changes) && isDurability(durability),
  remove: ({ id, durability }) => isText(id) && isDurability(durability),
  get: ({ id }) => isText(id),
  query: ({ query }) => isText(query),
  count: ({ query }) => isText(query),
  progress: ({ id }) => isText(id),
  tree: ({ id }) => isText(id),
  enroll: ({ request, durability }) => isObject(request) && isDurability(durability),
  live: ({ live, query }) => Number.isInteger(live) && isText(query),
  unlive: ({ live }) => Number.isInteger(live),
  token: ({ token }) => isTextOrNull(token),
  outbox: () => true,
  retry: ({ number }) => Number.isSafeInteger(number),
  discard: ({ number }) => Number.isSafeInteger(number),
  export: ({ after }) => isTextOrNull(after),
  import: ({ lines }) => lines instanceof Uint8Array,
  verify: ({ file }) => isTextOrNull(file),
  flush: ({ durability }) => isDurability(durability),
  close: () => true,
};

/** The request in a message of any origin; null when it is not a request. */
export function parseRequest(data: unknown): RequestMessage | null {
  if (!isObject(data)) return null;
  const { request, kind, body } = data;
  if (!Number.isSafeInteger(request) || !isText(kind) || !isObject(body)) return null;
  if (!Object.hasOwn(CHECKS, kind as string)) return null;
  return CHECKS[kind as Kind](body) ? (data as unknown as RequestMessage) : null;
}

/** The number under which to refuse a message that is not a request; -1 when it has none. */
export function requestNumber(data: unknown): number {
  const number = isObject(data) ? data['request'] : null;
  return Number.isSafeInteger(number) ? (number as number) : -1;
}

/** The buffers of a message, to be moved to the page instead of copied. */
export function transferOf(message: FromWorker): ArrayBuffer[] {
  const bytes =
    'page' in message
      ? message.page
      : 'patches' in message
        ? message.patches
        : 'value' in message
          ? isObject(message.value) && 'lines' in message.value
            ? message.value.lines
            : message.value
          : null;
  return bytes instanceof Uint8Array ? [bytes.buffer as ArrayBuffer] : [];
}

export function isPing(data: unknown): data is PingMessage {
  return isObject(data) && data['ping'] === true;
}

export function isHello(data: unknown): data is HelloMessage {
  return isObject(data) && isText(data['page']);
}

/** Whether it has the form of a request whose kind is not known here: one of another version. */
export function isUnknownRequest(data: unknown): boolean {
  return (
    isObject(data) &&
    Number.isSafeInteger(data['request']) &&
    isText(data['kind']) &&
    !Object.hasOwn(CHECKS, data['kind'] as string)
  );
}

export function isHandOver(data: unknown): data is HandOverMessage {
  return isObject(data) && data['handOver'] === true && Number.isSafeInteger(data['version']);
}

/** The announcement in a message of the channel; null when it is not one. */
export function newOwner(data: unknown): NewOwnerMessage | null {
  if (!isObject(data) || data['to'] !== 'guests' || !isText(data['owner'])) return null;
  return data as unknown as NewOwnerMessage;
}

/** An owner's answer to this page in a message of the channel; null when there is none. */
export function fromOwner(
  data: unknown,
  page: string,
): { owner: string; message: FromOwner; version?: number } | null {
  if (!isObject(data) || data['to'] !== page) return null;
  const { owner, message } = data;
  return isText(owner) && isObject(message) ? (data as never) : null;
}
