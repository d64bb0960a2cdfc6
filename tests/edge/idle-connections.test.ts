import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { closeIdleConnections } from '../../worker/edge/runtimes/idle-connections.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function serve(idleMs?: number): Promise<string> {
  const server = createServer((_request, response) => response.end('ok'));
  const idle = closeIdleConnections(server, idleMs);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    idle.stop();
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A client in a thread of its own: one request, and on the same connection another one after `waitMs`. */
function clientThread(url: string, waitMs: number) {
  const worker = new Worker(
    `const { Agent, request } = require('node:http');
    const { parentPort, workerData } = require('node:worker_threads');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = () => new Promise((done) => {
      const asked = request(workerData.url, { agent }, (answer) => {
        answer.resume().once('end', () => done(answer.statusCode + (asked.reusedSocket ? ' reused' : '')));
      });
      asked.once('error', (error) => done(error.code)).end();
    });
    (async () => {
      parentPort.postMessage(await get());
      await new Promise((done) => setTimeout(done, workerData.waitMs));
      parentPort.postMessage(await get());
      agent.destroy();
    })();`,
    { eval: true, workerData: { url, waitMs } },
  );
  ends.push(() => void worker.terminate());
  return () => new Promise<string>((resolve) => worker.once('message', resolve));
}

test('a request that waits on a kept connection while the server stalls is answered', async () => {
  const next = clientThread(await serve(), 1000);
  expect(await next()).toBe('200');
  const answer = next();
  // Longer than Node's own keep-alive timeout of 5 s.
  for (const end = performance.now() + 7000; performance.now() < end;);
  expect(await answer).toBe('200 reused');
});

test('a connection that stays idle is closed, and one that is used is not', async () => {
  const url = await serve(300);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  ends.push(() => agent.destroy());
  const sockets = new Set<unknown>();
  const get = () =>
    new Promise<boolean>((resolve, reject) => {
      const asked = request(url, { agent }, (answer) => {
        answer.resume().once('end', () => resolve(asked.reusedSocket));
      });
      asked.once('socket', (socket) => sockets.add(socket));
      asked.once('error', reject).end();
    });
  expect(await get()).toBe(false);
  for (let i = 0; i < 8; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await get()).toBe(true);
  }
  expect(sockets.size).toBe(1);
  await expect.poll(() => Object.values(agent.freeSockets).flat().length).toBe(0);
});
