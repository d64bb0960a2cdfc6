/**
 * A hub on Node: its files in a folder, its server, the viewer page (docs/hub.md).
 *
 * @module cuesheet/hub/node
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Hub } from '../hub.ts';
import { closeIdleConnections } from './idle-connections.ts';
import {
  boundedPeer,
  type HubServer,
  MAX_FRAME_BYTES,
  MAX_SOCKETS,
  startTicking,
} from './server.ts';

export { type LockOptions, type NodeFiles, openNodeFiles } from './node-files.ts';
export { servePage } from './page.ts';
export type { HubServer } from './server.ts';

const SWEEP_MS = 50;

/**
 * Serves a hub over HTTP and WebSocket (`/ws`).
 * @throws Error of Node (`EADDRINUSE` …) when it cannot listen.
 */
export async function serveNode(hub: Hub, port: number, host: string): Promise<HubServer> {
  const listener = getRequestListener((request, env) =>
    hub.fetch(request, addressOf(env as { incoming?: IncomingMessage })),
  );
  const server = createServer((request, response) => void listener(request, response));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node does not handle errors of an upgraded socket: without a listener a reset would end the process.
    socket.on('error', () => socket.destroy());
    const path = request.url?.split('?', 1)[0];
    const busy = !server.listening || sockets.clients.size >= MAX_SOCKETS;
    if (path !== '/ws' || busy) {
      const status = path === '/ws' ? '503 Service Unavailable' : '404 Not Found';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (peer) => connect(hub, peer, socket));
  });
  const idle = closeIdleConnections(server);
  await listen(server, port, host);
  return startTicking(hub, host, (server.address() as AddressInfo).port, {
    async stop() {
      idle.stop();
      // Kept-alive connections become idle one by one as their last requests are answered.
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      await new Promise((resolve) => server.close(resolve));
      clearInterval(sweep);
    },
    cut() {
      for (const peer of sockets.clients) peer.terminate();
      server.closeAllConnections();
    },
  });
}

/** An unmasked text frame (RFC 6455, 5.2). */
function textFrame(text: string): Buffer {
  const size = Buffer.byteLength(text);
  const head = size < 126 ? 2 : size < 1 << 16 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + size);
  frame[0] = 0x81;
  frame[1] = head === 2 ? size : head === 4 ? 126 : 127;
  if (head === 4) frame.writeUInt16BE(size, 2);
  if (head === 10) frame.writeBigUInt64BE(BigInt(size), 2);
  frame.write(text, head);
  return frame;
}

let lastText = '';
let lastFrame = textFrame('');

/** A message goes to many sockets in a row: its frame is made once. */
function frameOf(text: string): Buffer {
  if (text !== lastText) [lastText, lastFrame] = [text, textFrame(text)];
  return lastFrame;
}

function connect(hub: Hub, peer: WebSocket, stream: Duplex): void {
  let held: Buffer[] = []; // of one commit, so that a hub that has fallen behind sends them in one write
  let heldBytes = 0;
  const flush = () => {
    const [first, ...more] = held;
    held = [];
    heldBytes = 0;
    if (!first || peer.readyState !== peer.OPEN) return;
    stream.write(more.length === 0 ? first : Buffer.concat([first, ...more]));
  };
  const socket = {
    // Past `ws`, which makes two writes and a frame for each socket: half of what a message costs.
    send(text: string) {
      const frame = frameOf(text);
      if (held.push(frame) === 1) queueMicrotask(flush);
      heldBytes += frame.length;
    },
    close(code: number, reason?: string) {
      flush();
      peer.close(code, reason);
    },
  };
  const handle = hub.openSocket(boundedPeer(socket, () => peer.bufferedAmount + heldBytes));
  peer.on('message', (data, isBinary) => {
    if (!isBinary) void handle.message(data.toString());
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
