import { DurableObject } from 'cloudflare:workers';
import wasm from './cuesheet-hub.wasm';
import { memoryFiles } from '../../../wasm/memory-files.ts';
import type { AcceptedSocket, ObjectNamespace, ObjectState } from './cloudflare-api.ts';
import { drain, type HubEnv, settingsOf } from './cloudflare-settings.ts';
import { type ClientSocket, createHub, type Hub } from '../hub.ts';
import { createRelayCredentials } from '../relay/credentials.ts';
import { MAX_SOCKETS } from './server.ts';
import type { Upstream } from '../relay/upstream.ts';

const TICK_MS = 1000;

declare class WebSocketPair {
  0: AcceptedSocket;
  1: AcceptedSocket;
}

/**
 * A relay of a hub of the same Worker, named `TENANT/NUMBER` (`idFromName`): it serves reads and WebSockets
 * from a copy in memory, and forwards writes. It makes a new copy after an eviction, which does not
 * happen while it has sockets.
 */
export class CuesheetRelay extends DurableObject<HubEnv> {
  readonly #hub: Promise<Hub>;
  readonly #sockets = new Set<AcceptedSocket>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(ctx: ObjectState, env: HubEnv) {
    super(ctx, env);
    const tenant = ctx.id.name?.split('/')[0] ?? 'main';
    const object = env.HUBS.get(env.HUBS.idFromName(tenant));
    const upstream: Upstream = {
      apiKey: env.CUESHEET_UPSTREAM_KEY ?? '',
      fetch: (path, init) => object.fetch(new Request(`http://hub${path}`, init)),
      openSocket: () => socketTo(object),
    };
    const credentials = createRelayCredentials(upstream);
    const files = memoryFiles();
    const onCrash = ({ message }: Error) => ctx.abort(message);
    const settings = settingsOf(env);
    this.#hub = createHub({ wasm, files, credentials, upstream, onCrash, ...settings });
  }

  /** Answers a request from the copy, or forwards it; `/ws` becomes a WebSocket. */
  async fetch(request: Request): Promise<Response> {
    const hub = await this.#hub;
    if (request.headers.get('upgrade')?.toLowerCase() === 'websocket') {
      return this.#accept(hub, request);
    }
    const response = await hub.fetch(request, request.headers.get('cf-connecting-ip') ?? '');
    if (!request.bodyUsed) await drain(request.body);
    return response;
  }

  #accept(hub: Hub, request: Request): Response {
    if (new URL(request.url).pathname !== '/ws') return new Response(null, { status: 404 });
    if (this.#sockets.size >= MAX_SOCKETS) return new Response(null, { status: 503 });
    const { 0: client, 1: socket } = new WebSocketPair();
    socket.accept();
    this.#sockets.add(socket);
    this.#timer ??= setInterval(() => void hub.tick(), TICK_MS);
    const handle = hub.openSocket({
      send: (text) => socket.send(text),
      close: (code) => socket.close(code),
    });
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') void handle.message(data);
    });
    const ended = () => {
      if (!this.#sockets.delete(socket)) return;
      handle.closed();
      answerClose(socket);
      if (this.#sockets.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
    socket.addEventListener('close', ended);
    socket.addEventListener('error', ended);
    return new Response(null, { status: 101, webSocket: client } as ResponseInit);
  }
}

/** Before the compatibility date 2026-04-07 the runtime answers no close frame, and the peer waits in vain. */
function answerClose(socket: AcceptedSocket): void {
  try {
    socket.close();
  } catch {
    // it is closed already, or ended without a close frame
  }
}

/** The `/ws` of an object as a WebSocket that opens: an object gives its sockets as answers to requests. */
function socketTo(object: ReturnType<ObjectNamespace['get']>): ClientSocket {
  let accepted: AcceptedSocket | null = null;
  let state: number = WebSocket.CONNECTING;
  const ended = () => {
    if (state === WebSocket.CLOSED) return;
    state = WebSocket.CLOSED;
    socket.onclose?.({ code: 1006 } as never);
  };
  const socket: ClientSocket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    get readyState() {
      return state;
    },
    send: (text) => accepted?.send(text),
    close() {
      accepted?.close();
      ended();
    },
  };

  async function open(): Promise<void> {
    const request = new Request('http://hub/ws', { headers: { upgrade: 'websocket' } });
    const { webSocket } = await object.fetch(request);
    if (!webSocket) return ended();
    webSocket.accept();
    if (state === WebSocket.CLOSED) return webSocket.close(); // closed meanwhile
    accepted = webSocket;
    state = WebSocket.OPEN;
    webSocket.addEventListener('message', (event) => socket.onmessage?.(event as never));
    webSocket.addEventListener('close', () => {
      answerClose(webSocket);
      ended();
    });
    webSocket.addEventListener('error', ended);
    socket.onopen?.({} as never);
  }

  open().catch(ended);
  return socket;
}
