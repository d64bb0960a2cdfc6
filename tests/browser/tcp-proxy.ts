import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Between a browser and a server on 127.0.0.1: cuts, stalls and floods what passes, and counts it. */
export interface TcpProxy {
  url: string;
  /** Ends every connection; new ones are refused as long as it is `down`. */
  cut(): void;
  setDown(isDown: boolean): void;
  /** Nothing passes any more, in either direction, and no connection ends. */
  stall(): void;
  /** Passes on what has waited. */
  resume(): void;
  /** Bytes that servers have sent. */
  received(): number;
  close(): void;
}

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const port = Number(new URL(target).port);
  const pairs = new Set<[Socket, Socket]>();
  let isDown = false;
  let isStalled = false;
  let received = 0;
  const server: Server = createServer((client) => {
    if (isDown) return client.destroy();
    const upstream = connect(port, '127.0.0.1');
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    upstream.on('data', (data) => {
      received += data.length;
    });
    client.pipe(upstream).pipe(client);
    for (const socket of pair) socket.on('error', end).on('close', end);
    if (isStalled) for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const all = (work: (socket: Socket) => void) => {
    for (const pair of [...pairs]) pair.forEach(work);
  };
  const cut = () => all((socket) => socket.destroy());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    setDown(down) {
      isDown = down;
      if (down) cut();
    },
    stall() {
      isStalled = true;
      all((socket) => socket.pause());
    },
    resume() {
      isStalled = false;
      all((socket) => socket.resume());
    },
    received: () => received,
    close() {
      cut();
      server.close();
    },
  };
}
