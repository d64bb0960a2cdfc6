import type { Effect, ReplicaState } from '../../wasm/methods.ts';
import { wholeLines } from '../../wasm/whole-lines.ts';

/** When this many bytes of a snapshot wait for the disk, the stream pauses. */
const SNAPSHOT_UNSAVED_BYTES = 1 << 20;

/** The part of a WebSocket that is used: of the global one, or of a library's. */
export interface ClientSocket {
  /** As of a WebSocket, and the two below. */
  onopen: ((event: never) => void) | null;
  /** Its event has the text as `data`. */
  onmessage: ((event: never) => void) | null;
  /** Called once, also when it never opened. */
  onclose: ((event: never) => void) | null;
  /** Called before `onclose` when something went wrong. */
  onerror: ((event: never) => void) | null;
  readonly readyState: number;
  /** Sends a text frame. */
  send(text: string): void;
  /** Begins to close; `onclose` says when it is done. */
  close(): void;
}

/** What came back; the core decides whether the upstream itself has answered. */
export interface UpstreamAnswer {
  /** 0 = no answer. */
  status: number;
  contentType: string;
  bytes: Uint8Array;
}

/** What is read of the body when a snapshot was asked for and something else came, in bytes. */
const MAX_REFUSAL_BYTES = 64 << 10;

export const NO_ANSWER: UpstreamAnswer = { status: 0, contentType: '', bytes: new Uint8Array() };

/** Whether its body is NDJSON, as of a snapshot. */
export const hasLines = (response: Response): boolean =>
  response.headers.get('content-type')?.toLowerCase().startsWith('application/x-ndjson') ?? false;

/** A redirect, which is never followed, has status 302 where a browser hides its own. */
export async function answerOf(response: Response): Promise<UpstreamAnswer> {
  return { ...headOf(response), bytes: new Uint8Array(await response.arrayBuffer()) };
}

function headOf(response: Response): Omit<UpstreamAnswer, 'bytes'> {
  const isHidden = response.type === 'opaqueredirect';
  const status = isHidden ? 302 : response.status;
  return { status, contentType: response.headers.get('content-type') ?? '' };
}

/** The beginning of a body that may have no end. */
async function firstBytes(response: Response, most: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(most);
  const reader = response.body?.getReader(); // Safari cannot iterate over a stream
  let size = 0;
  while (size < most) {
    const { value } = (await reader?.read()) ?? {};
    if (!value) break;
    bytes.set(value.subarray(0, most - size), size);
    size = Math.min(most, size + value.length);
  }
  await reader?.cancel();
  return bytes.subarray(0, size);
}

export interface ConnectionHostOptions {
  /** The method `replica` of the core (docs/border.md, 12); resolves when its result is saved. */
  tell(event: string, more: Record<string, unknown>, body?: string | Uint8Array): Promise<void>;
  openSocket(): ClientSocket;
  /** The members of the auth message. */
  token(): string | null;
  /** One HTTP request with the same credential. */
  ask(method: string, path: string, body?: string): Promise<UpstreamAnswer>;
  /** A GET with the same credential, whose body is read as it comes. Rejects when there is no answer. */
  stream(path: string, signal: AbortSignal): Promise<Response>;
  /** Such a body was not read to its end; the core asks again. */
  cutOff?(error: Error): void;
}

export interface ConnectionHost {
  carryOut(effect: Effect): void;
  state(): ReplicaState;
}

const OPEN = 1;
/** Another credential is an API key (protocol.md 10.1). */
export const SESSION_TOKEN_LENGTH = 64;

/** Moves bytes between the core's connection machine and its upstream; decides nothing. */
export function createConnectionHost(options: ConnectionHostOptions): ConnectionHost {
  const { tell } = options;
  let socket: ClientSocket | null = null;
  const snapshots = createSnapshots(options);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let state: ReplicaState = 'stopped';

  function connect() {
    const opened = options.openSocket();
    socket = opened;
    const current = () => socket === opened;
    opened.onopen = async () => {
      await introduce();
      if (current() && opened.readyState === OPEN) void tell('opened', {});
    };
    opened.onmessage = ({ data }: { data: unknown }) =>
      void (current() && tell('message', {}, String(data)));
    opened.onerror = () => {}; // `ws` throws an error without a listener; onclose follows
    opened.onclose = ({ code }: { code: number }) => void (current() && tell('closed', { code }));
  }

  /** An AYON server knows an API key at its WebSocket only after a request with it (protocol.md 9.2). */
  async function introduce() {
    const token = options.token();
    if (token !== null && token.length !== SESSION_TOKEN_LENGTH) {
      await options.ask('GET', '/api/users/me');
    }
  }

  function disconnect() {
    const old = socket;
    socket = null;
    old?.close();
    snapshots.abort();
    clearTimeout(timer);
  }

  function send(message: object) {
    if (socket?.readyState === OPEN) socket.send(JSON.stringify(message));
  }

  async function fetchPage(request: number, method: string, path: string, body: string | null) {
    const { status, contentType, bytes } = await options.ask(method, path, body ?? undefined);
    await tell('fetched', { request, status, contentType }, bytes);
  }

  return {
    state: () => state,
    carryOut(effect) {
      switch (effect.effect) {
        case 'connect':
          connect();
          break;
        case 'disconnect':
          disconnect();
          break;
        case 'authenticate': {
          const { effect: _, ...request } = effect;
          send({ topic: 'auth', token: options.token(), ...request });
          break;
        }
        case 'acknowledge':
          send({ topic: 'ack', sequence: effect.sequence });
          break;
        case 'fetch':
          void fetchPage(effect.request, effect.method, effect.path, effect.body);
          break;
        case 'snapshot':
          void snapshots.fetch(effect.request, effect.path);
          break;
        case 'timer':
          clearTimeout(timer);
          timer = setTimeout(() => void tell('timer', {}), effect.delayMs);
          break;
        case 'state':
          state = effect.state;
          break;
      }
    },
  };
}

/** The snapshot of a hub: whole lines go to the core as they come. */
function createSnapshots({
  tell,
  stream,
  cutOff,
}: Pick<ConnectionHostOptions, 'tell' | 'stream' | 'cutOff'>) {
  let snapshot: AbortController | null = null;

  async function read(body: ReadableStream<Uint8Array>, request: number, signal: AbortSignal) {
    let unsaved = 0;
    for await (const lines of wholeLines(body)) {
      signal.throwIfAborted();
      const saved = tell('snapshot', { request }, lines);
      unsaved += lines.length;
      if (unsaved < SNAPSHOT_UNSAVED_BYTES) continue;
      await saved;
      unsaved = 0;
    }
  }

  return {
    abort: () => snapshot?.abort(),
    async fetch(request: number, path: string): Promise<void> {
      snapshot?.abort();
      const current = new AbortController();
      snapshot = current;
      const { signal } = current;
      let ended = NO_ANSWER;
      try {
        const response = await stream(path, signal);
        const isSnapshot = response.ok && hasLines(response);
        if (isSnapshot && response.body) await read(response.body, request, signal);
        const bytes = isSnapshot ? new Uint8Array() : await firstBytes(response, MAX_REFUSAL_BYTES);
        ended = { ...headOf(response), bytes };
      } catch (error) {
        if (!signal.aborted) cutOff?.(error as Error);
      }
      const { bytes, ...head } = ended;
      if (!signal.aborted) await tell('snapshotEnded', { request, ...head }, bytes);
    },
  };
}
