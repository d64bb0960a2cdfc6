/** The part of Cloudflare's API that is used; tests compare it with `@cloudflare/workers-types`. */

export interface SqlStorage {
  exec(query: string, ...bindings: unknown[]): { toArray(): Record<string, unknown>[] };
}

export interface ObjectStorage {
  sql: SqlStorage;
  kv: {
    get(key: string): unknown;
    put(key: string, value: unknown): void;
    delete(key: string): boolean;
    list(options: { prefix: string }): Iterable<[string, unknown]>;
  };
  transactionSync<T>(work: () => T): T;
  sync(): Promise<void>;
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
}

/** A WebSocket that stays open while its object sleeps. */
export interface HibernatingSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

/** A WebSocket that lives and ends with its object in memory. */
export interface AcceptedSocket {
  accept(): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', heard: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close' | 'error', heard: () => void): void;
}

export interface ObjectState {
  id: { name?: string };
  storage: ObjectStorage;
  /** Ends this object at once; the next request makes a new one. */
  abort(reason?: string): void;
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
  acceptWebSocket(socket: HibernatingSocket): void;
  getWebSockets(): HibernatingSocket[];
}

/** The answer of an object; to an upgrade it has the socket. */
export type ObjectResponse = Response & { readonly webSocket: AcceptedSocket | null };

export interface ObjectNamespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(request: Request): Promise<ObjectResponse> };
}
