// Something in front of a hub, which answers in its place when it is told to.
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface Gateway {
  url: string;
  /** How it answers; null = the hub does. The WebSocket always passes. */
  answerWith(answer: GatewayAnswer | null): void;
  close(): void;
}

export interface GatewayAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** Only to requests whose body has this text; default all but preflights. */
  where?: string;
}

export async function startGateway(hubUrl: string): Promise<Gateway> {
  const port = Number(new URL(hubUrl).port);
  let answer: GatewayAnswer | null = null;
  const server = createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const part of incoming) body += part;
    const isHit = answer !== null && (answer.where === undefined || body.includes(answer.where));
    if (answer && isHit && incoming.method !== 'OPTIONS') {
      const allowed = { 'access-control-allow-origin': incoming.headers.origin ?? '*' };
      outgoing.writeHead(answer.status, {
        'content-type': 'text/html',
        ...allowed,
        ...answer.headers,
      });
      outgoing.end(answer.body ?? '<title>Sign in</title>');
      return;
    }
    const { method, url: path, headers } = incoming;
    const passed = request({ port, host: '127.0.0.1', method, path, headers }, (upstream) => {
      outgoing.writeHead(upstream.statusCode ?? 502, upstream.headers);
      upstream.pipe(outgoing);
    });
    passed.on('error', () => outgoing.writeHead(502).end());
    passed.end(body);
  });
  server.on('upgrade', (incoming, socket) => {
    const head = Object.entries(incoming.headers).map((pair) => pair.join(': '));
    const upstream = connect(port, '127.0.0.1', () => {
      upstream.write(`GET ${incoming.url} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
    });
    socket.pipe(upstream).pipe(socket);
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answerWith(next) {
      answer = next;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
