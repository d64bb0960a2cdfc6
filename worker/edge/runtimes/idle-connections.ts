import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Longer than the 60 s of most proxies, so that they close a connection first. */
const IDLE_MS = 65_000;
const SWEEP_MS = 5_000;

interface Idle {
  since: number;
  /** A connection that has sent more since then is not idle: its next request is on its way. */
  bytesRead: number;
}

/**
 * Closes the kept-alive connections of a server that have been without a request for `idleMs` milliseconds, and up to 5 s
 * more, instead of Node's own timer. After a stall, that timer fires before the sockets are read, and resets a connection
 * whose request has been waiting there. This looks once the sockets have been read.
 */
export function closeIdleConnections(server: Server, idleMs = IDLE_MS): { stop(): void } {
  const idle = new Map<Socket, Idle>();
  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => socket.once('close', () => idle.delete(socket)));
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed)
        idle.set(socket, { since: performance.now(), bytesRead: socket.bytesRead });
    });
  });
  server.on('upgrade', ({ socket }: IncomingMessage) => idle.delete(socket));

  const sweep = () => {
    const now = performance.now();
    for (const [socket, { since, bytesRead }] of idle) {
      if (now - since >= idleMs && socket.bytesRead === bytesRead) socket.destroy();
    }
  };
  // Timers run before sockets are read, and what setImmediate() runs comes after.
  const timer = setInterval(() => setImmediate(sweep), Math.min(SWEEP_MS, idleMs));
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
