/**
 * Every message between a page and its worker, and between the workers of several tabs. A message
 * that does not fit is answered with an error; it never stops the worker.
 */
import type { ReplicaState } from '../../wasm/methods.ts';

/** Stable codes of everything that can go wrong; the core's own codes and the worker's. */
export type EventsErrorCode =
  | 'invalid'
  | 'bad_value'
  | 'not_found'
  | 'conflict'
  | 'forbidden'
  | 'too_large'
  | 'storage'
  | 'corrupt'
  | 'state'
  | 'offline'
  | 'unauthorized'
  | 'server'
  | 'timeout'
  | 'owner_lost'
  | 'closed';

export interface ErrorMessage {
  code: EventsErrorCode;
  message: string;
}

/** What a page opens: one database, and the server that it mirrors, if any. */
export interface OpenRequest {
  database: string;
  wasmUrl: string;
  /** Base URL of an AYON server or a hub, without a slash at the end. */
  server: string | null;
  token: string | null;
  /** Who writes in a database without server. */
  user: string | null;
}

export interface Requests {
  open: OpenRequest;
  dispatch: { event: object };
  update: { id: string; changes: object };
  remove: { id: string };
  get: { id: string };
  query: { query: object };
  live: { live: number; query: object };
  unlive: { live: number };
  token: { token: string | null };
  flush: Record<string, never>;
  close: Record<string, never>;
}

export interface Answers {
  open: Status;
  dispatch: { id: string };
  update: null;
  remove: { removed: boolean };
  /** UTF-8 JSON of the event, or null. */
  get: Uint8Array | null;
  /** UTF-8 JSON of `{"events","pageInfo"}`. */
  query: Uint8Array;
  live: null;
  unlive: null;
  token: null;
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

/** A fresh page of a live query, as UTF-8 JSON; or why there is none. */
export type LiveMessage = { live: number; page: Uint8Array } | { live: number; error: ErrorMessage };

export interface Status {
  /** `local` when no server is set. */
  connection: 'local' | ReplicaState;
  /** `memory`: nothing survives a reload; `message` says why. */
  storage: 'durable' | 'memory';
  message: string | null;
  /** Changes that are applied and not yet durable. */
  saving: boolean;
  events: number;
  sequence: number;
}

export interface StatusMessage {
  status: Status;
}

export type FromWorker = ReplyMessage | LiveMessage | StatusMessage;

/** Between workers, on the channel of a database. `page` names the worker of the asking tab. */
export type ChannelMessage =
  { to: 'owner'; page: string; message: RequestMessage } | { to: string; message: FromWorker };

const KINDS: readonly Kind[] = [
  'open',
  'dispatch',
  'update',
  'remove',
  'get',
  'query',
  'live',
  'unlive',
  'token',
  'flush',
  'close',
];

/** Requests that may be asked twice without harm. */
export const REPEATABLE: readonly Kind[] = ['get', 'query', 'live', 'unlive', 'token', 'flush'];

/** The request in a message, or null when it is none. */
export function parseRequest(data: unknown): RequestMessage | null {
  if (typeof data !== 'object' || data === null) return null;
  const { request, kind, body } = data as Record<string, unknown>;
  if (typeof request !== 'number' || !KINDS.includes(kind as Kind)) return null;
  if (typeof body !== 'object' || body === null) return null;
  return data as RequestMessage;
}
