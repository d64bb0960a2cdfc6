import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface Proxy {
  url: string;
  close(): void;
}

/**
 * An address at which the server answers. `answer` may answer a request itself, and then returns true;
 * WebSockets go to `sockets`, or nowhere (null).
 */
export async function startProxy(
  target: string,
  options: {
    answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
    sockets?: string | null;
  } = {},
): Promise<Proxy> {
  const proxy = createServer((request, response) => {
    if (options.answer?.(request, response)) return;
    const { method, headers, url } = request;
    const onward = httpRequest(new URL(url ?? '/', target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  const ends = new Set<() => void>();
  proxy.on('upgrade', (request, socket, head) => {
    if (options.sockets === null) return socket.destroy();
    const { hostname, port } = new URL(options.sockets ?? target);
    const onward = connect(Number(port), hostname, () => {
      const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
      onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    const end = () => {
      ends.delete(end);
      socket.destroy();
      onward.destroy();
    };
    ends.add(end);
    for (const stream of [socket, onward]) stream.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      proxy.close();
      proxy.closeAllConnections();
      for (const end of ends) end();
    },
  };
}
