import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { openSocket } from './conformance/listener.ts';
import {
  allEvents,
  call,
  type HubProcess,
  KEYS,
  startHub,
  temporaryFolder,
} from './hub-process.ts';
import { BUN, DENO } from './runtimes.ts';

/** More than the hub and the kernels on both sides hold back for one socket. */
const MANY = 60;

describe.each([
  ['Node', [process.execPath]],
  ['Deno', DENO],
  ['Bun', BUN],
])('a hub as a process of %s', (_name, runtime) => {
  let folder: ReturnType<typeof temporaryFolder>;
  let running: HubProcess | undefined;
  const start = async () => (running = await startHub(folder.path, { runtime }));
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await running?.stop();
    folder.remove();
  });

  test('a second hub on the same folder is refused', async () => {
    await start();
    await expect(startHub(folder.path, { runtime })).rejects.toThrow('stop that one first');
  });

  test('a frame over 1 MiB closes its own socket only', async () => {
    const hub = await start();
    const [loud, calm] = await Promise.all([openSocket(hub.url), openSocket(hub.url)]);
    const code = new Promise((resolve) => loud.socket.once('close', resolve));
    loud.socket.on('error', () => undefined); // Bun resets the connection
    loud.socket.send('x'.repeat((1 << 20) + 1));
    expect([1006, 1009]).toContain(await code);
    expect(calm.socket.readyState).toBe(WebSocket.OPEN);
    calm.socket.terminate();
  });

  test('a socket that does not read is closed, and the others hear everything', async () => {
    const hub = await start();
    await call(hub, 'GET', '/api/users/me', { key: KEYS.service });
    const [slow, quick] = await Promise.all([openSocket(hub.url), openSocket(hub.url)]);
    const auth = JSON.stringify({ topic: 'auth', token: KEYS.service, subscribe: ['*'] });
    for (const { socket } of [slow, quick]) socket.send(auth);
    await new Promise((resolve) => setTimeout(resolve, 300));
    slow.socket.pause();
    const closed = new Promise((resolve) => slow.socket.once('close', resolve));
    for (let count = 0; count < MANY; count++) {
      const body = { topic: 'demo.large', summary: { text: 'x'.repeat(900_000) } };
      expect((await call(hub, 'POST', '/api/events', { key: KEYS.service, body })).status).toBe(
        200,
      );
    }
    slow.socket.resume();
    expect([1006, 1013]).toContain(await closed);
    const heard = ({ heard }: typeof slow) =>
      heard.filter(({ topic }) => topic === 'demo.large').length;
    expect(heard(slow)).toBeLessThan(MANY);
    expect(heard(quick)).toBe(MANY);
    quick.socket.terminate();
  });

  test('SIGTERM under load: sockets get 1001, code 0 in time, every answered event is kept', async () => {
    const hub = await start();
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/ws`);
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('close', () => clearInterval(chatter));
    const chatter = setInterval(() => socket.send('{"topic":"auth","token":"x"}'), 1);
    const answered: string[] = [];
    let isRunning = true;
    const writers = Array.from({ length: 8 }, async () => {
      while (isRunning) {
        const body = { topic: 'demo.stop' };
        const answer = await call(hub, 'POST', '/api/events', { key: KEYS.service, body }).catch(
          () => null,
        );
        if (answer?.status === 200) answered.push(answer.body.id);
        else if (!answer) break;
      }
    });
    while (answered.length < 50) await new Promise((resolve) => setTimeout(resolve, 10));
    const stopped = Date.now();
    expect(await hub.stop('SIGTERM')).toBe(0);
    expect(Date.now() - stopped).toBeLessThan(3000); // kept-alive connections hold nothing up
    isRunning = false;
    await Promise.all(writers);
    expect(await closed).toBe(1001);

    const next = await start();
    const there = new Set((await allEvents(next)).map((event) => event.id));
    expect(answered.filter((id) => !there.has(id))).toEqual([]);
    await next.stop();
  });

  test('a client that does not answer the close frame holds up a stop for a few seconds at most', async () => {
    const hub = await start();
    const { socket } = await openSocket(hub.url);
    socket.pause();
    expect(await hub.stop('SIGTERM')).toBe(0); // 1: it took more than 4.5 s
    socket.terminate();
  });
});

test('a hub goes from one runtime to another with its folder', async () => {
  const folder = temporaryFolder();
  const ids: string[] = [];
  for (const runtime of [[process.execPath], DENO, BUN, [process.execPath]]) {
    const hub = await startHub(folder.path, { runtime });
    const body = { topic: 'demo.moved' };
    ids.push((await call(hub, 'POST', '/api/events', { key: KEYS.service, body })).body.id);
    expect((await allEvents(hub)).map(({ id }) => id)).toEqual(ids);
    expect(await hub.stop()).toBe(0);
  }
  folder.remove();
});
