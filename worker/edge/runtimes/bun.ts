/**
 * A hub on Bun: its files in a folder, its server, the viewer page (docs/hub.md).
 *
 * @module cuesheet/hub/bun
 */
import type { Hub, SocketHandle } from '../hub.ts';
import {
  boundedPeer,
  createOpenSockets,
  type HubServer,
  MAX_FRAME_BYTES,
  MAX_SOCKETS,
  type RuntimeSocket,
  startTicking,
} from './server.ts';

export { type LockOptions, type NodeFiles, openNodeFiles } from './node-files.ts';
export { servePage } from './page.ts';
export type { HubServer } from './server.ts';

interface BunSocket extends RuntimeSocket {
  data: { handle?: SocketHandle };
  getBufferedAmount(): number;
}

interface BunServer {
  port: number;
  requestIP(request: Request): { address: string } | null;
  upgrade(request: Request, options: { data: BunSocket['data'] }): boolean;
  stop(cut?: boolean): Promise<void>;
}

/** The part of Bun's API that is used. */
interface BunApi {
  serve(options: {
    port: number;
    hostname: string;
    idleTimeout: number;
    fetch(request: Request, server: BunServer): Promise<Response | undefined>;
    websocket: {
      maxPayloadLength: number;
      idleTimeout: number;
      closeOnBackpressureLimit: boolean;
      open(socket: BunSocket): void;
      message(socket: BunSocket, data: string | Uint8Array): void;
      close(socket: BunSocket): void;
    };
  }): BunServer;
}

/** Connections that are silent this long are closed; sockets are pinged before. */
const IDLE_SECONDS = 120;

/**
 * Serves a hub over HTTP and WebSocket (`/ws`) with `Bun.serve`.
 * @throws Error of Bun (`EADDRINUSE` …) when it cannot listen.
 */
export function serveBun(hub: Hub, port: number, host: string): Promise<HubServer> {
  const { Bun } = globalThis as unknown as { Bun: BunApi };
  const sockets = createOpenSockets();
  let stopping = false;

  const upgrade = (request: Request, server: BunServer): Response | undefined => {
    if (new URL(request.url).pathname !== '/ws') return new Response(null, { status: 404 });
    if (stopping || sockets.size >= MAX_SOCKETS) return new Response(null, { status: 503 });
    if (server.upgrade(request, { data: {} })) return undefined; // Bun has answered
    return new Response(null, { status: 400 });
  };
  const server = Bun.serve({
    port,
    hostname: host,
    idleTimeout: IDLE_SECONDS,
    fetch: async (request, self) =>
      request.headers.get('upgrade')?.toLowerCase() === 'websocket'
        ? upgrade(request, self)
        : hub.fetch(request, self.requestIP(request)?.address),
    websocket: {
      maxPayloadLength: MAX_FRAME_BYTES,
      idleTimeout: IDLE_SECONDS,
      closeOnBackpressureLimit: true, // otherwise Bun drops messages and goes on
      open(socket) {
        sockets.enter(socket.data);
        const peer = boundedPeer(socket, () => socket.getBufferedAmount());
        socket.data.handle = hub.openSocket(peer);
      },
      message(socket, data) {
        if (typeof data === 'string') void socket.data.handle?.message(data);
      },
      close(socket) {
        sockets.leave(socket.data);
        socket.data.handle?.closed();
      },
    },
  });
  return Promise.resolve(
    startTicking(hub, host, server.port, {
      async stop() {
        stopping = true;
        await server.stop();
        await sockets.untilNone();
      },
      cut() {
        void server.stop(true);
        sockets.giveUp();
      },
    }),
  );
}
