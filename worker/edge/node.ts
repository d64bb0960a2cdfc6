import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Hub } from './hub.ts';

export { type NodeFiles, openNodeFiles } from './node-files.ts';

const MAX_FRAME_BYTES = 1 << 20;
const MAX_SOCKETS = 10_000;
/** A socket that takes its messages slower than they come is closed beyond this. */
const MAX_BUFFERED_BYTES = 4 << 20;
const CLOSE_TIMEOUT_MS = 3000;
const SWEEP_MS = 50;

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};
const PAGE_HEADERS = {
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " +
    "connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
};

export interface NodeServer {
  /** `http://HOST:PORT`. */
  url: string;
  /**
   * Stops listening, lets requests under way finish, closes the hub; sockets get 1001.
   * @throws Error when the last events could not be saved.
   */
  close(): Promise<void>;
}

/**
 * Serves a hub over HTTP and WebSocket (`/ws`).
 * @throws Error of Node (`EADDRINUSE` …) when it cannot listen.
 */
export async function serveNode(hub: Hub, port: number, host: string): Promise<NodeServer> {
  const listener = getRequestListener((request, env) =>
    hub.fetch(request, addressOf(env as { incoming?: IncomingMessage })),
  );
  const server = createServer((request, response) => void listener(request, response));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node leaves the errors of an upgraded socket to us: unheard, a reset would end the process.
    socket.on('error', () => socket.destroy());
    const path = request.url?.split('?', 1)[0];
    const busy = !server.listening || sockets.clients.size >= MAX_SOCKETS;
    if (path !== '/ws' || busy) {
      const status = path === '/ws' ? '503 Service Unavailable' : '404 Not Found';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (peer) => connect(hub, peer));
  });
  await listen(server, port, host);
  const timer = setInterval(() => hub.tick(), 1000);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    async close() {
      clearInterval(timer);
      const closed = new Promise((resolve) => server.close(resolve));
      // Kept-alive connections become idle one by one as their last requests are answered.
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      const impatient = setTimeout(() => {
        for (const peer of sockets.clients) peer.terminate();
        server.closeAllConnections();
      }, CLOSE_TIMEOUT_MS);
      try {
        await hub.close();
        await closed;
      } finally {
        clearInterval(sweep);
        clearTimeout(impatient);
      }
    },
  };
}

/** The files of a folder as pages; null for what is not there. */
export function servePage(folder: string): (path: string) => Promise<Response | null> {
  return async (path) => {
    try {
      const name = normalize(path === '/' ? '/index.html' : decodeURIComponent(path));
      const type = TYPES[extname(name)];
      if (!type || name.includes('..')) return null;
      const bytes = await readFile(join(folder, name));
      return new Response(bytes, { headers: { 'content-type': type, ...PAGE_HEADERS } });
    } catch {
      return null;
    }
  };
}

function connect(hub: Hub, peer: WebSocket): void {
  const handle = hub.openSocket({
    send(text) {
      if (peer.bufferedAmount > MAX_BUFFERED_BYTES) peer.close(1013, 'too slow');
      else peer.send(text);
    },
    close: (code) => peer.close(code),
  });
  peer.on('message', (data, isBinary) => {
    if (!isBinary) handle.message(data.toString());
  });
  peer.on('close', () => handle.closed());
  peer.on('error', () => peer.terminate()); // for example a frame over the limit
}

function addressOf(env: { incoming?: IncomingMessage }): string {
  return env.incoming?.socket.remoteAddress ?? '';
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
