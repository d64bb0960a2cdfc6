/**
 * A hub on Deno: its files in a folder, its server, the viewer page (docs/hub.md).
 *
 * @module cuesheet/hub/deno
 */
import type { Hub } from '../hub.ts';
import {
  boundedPeer,
  CloseCode,
  createOpenSockets,
  type HubServer,
  MAX_FRAME_BYTES,
  MAX_SOCKETS,
  type OpenSockets,
  startTicking,
} from './server.ts';

export { type LockOptions, type NodeFiles, openNodeFiles } from './node-files.ts';
export { servePage } from './page.ts';
export type { HubServer } from './server.ts';

/** The part of Deno's API that is used. */
interface DenoApi {
  serve(
    options: { port: number; hostname: string; signal: AbortSignal; onListen(): void },
    handler: (request: Request, info: { remoteAddr: { hostname: string } }) => Promise<Response>,
  ): { addr: { port: number }; finished: Promise<void>; shutdown(): Promise<void> };
  upgradeWebSocket(
    request: Request,
    options: { idleTimeout: number },
  ): { socket: WebSocket; response: Response };
}

/** Deno pings a socket that is silent this long, and closes it when it does not answer. */
const IDLE_SECONDS = 120;

/**
 * Serves a hub over HTTP and WebSocket (`/ws`) with `Deno.serve`.
 * @throws Error of Deno (`AddrInUse` …) when it cannot listen.
 */
export function serveDeno(hub: Hub, port: number, host: string): Promise<HubServer> {
  const { Deno } = globalThis as unknown as { Deno: DenoApi };
  const sockets = createOpenSockets();
  const cut = new AbortController();
  let stopping = false;

  const upgrade = (request: Request): Response => {
    if (new URL(request.url).pathname !== '/ws') return new Response(null, { status: 404 });
    const busy = stopping || sockets.size >= MAX_SOCKETS;
    if (busy) return new Response(null, { status: 503 });
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: IDLE_SECONDS });
    connect(hub, socket, sockets);
    return response;
  };
  const options = { port, hostname: host, signal: cut.signal, onListen() {} };
  const server = Deno.serve(options, async (request, { remoteAddr }) =>
    request.headers.get('upgrade')?.toLowerCase() === 'websocket'
      ? upgrade(request)
      : hub.fetch(request, remoteAddr.hostname),
  );
  return Promise.resolve(
    startTicking(hub, host, server.addr.port, {
      async stop() {
        stopping = true;
        await sockets.untilNone(); // shutdown() would cut busy ones without a close frame
        await server.shutdown();
      },
      cut() {
        cut.abort();
        sockets.giveUp();
      },
    }),
  );
}

function connect(hub: Hub, socket: WebSocket, sockets: OpenSockets): void {
  sockets.enter(socket);
  socket.addEventListener('open', () => {
    const handle = hub.openSocket(boundedPeer(socket, () => socket.bufferedAmount));
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== 'string') return;
      if (data.length > MAX_FRAME_BYTES) socket.close(CloseCode.tooBig, 'too big');
      else void handle.message(data);
    });
    socket.addEventListener('close', () => handle.closed());
  });
  const gone = () => sockets.leave(socket);
  socket.addEventListener('close', gone);
  socket.addEventListener('error', gone);
}
