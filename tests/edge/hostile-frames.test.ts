import { connect } from 'node:net';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { openSocket } from './conformance/listener.ts';
import { conformance } from './conformance/suite.ts';

const FRAMES = 10_000;
const SOCKETS = 8;
const SEED = 20_260_319;
/** An attacker waits while this much is unsent. */
const MAX_BUFFERED_BYTES = 4 << 20;

/** Numbers from 0 up to and without 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes hostile frames: broken, deep, long and wrongly typed auth messages, other topics, bytes. */
function createFrames(random: () => number): () => string | Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const text = (length: number) =>
    Array.from({ length }, () => String.fromCharCode(below(0xd800))).join('');
  const value = (): unknown =>
    pick([
      () => null,
      () => random() * 1e9,
      () => true,
      () => text(below(50)),
      () => [],
      () => Array.from({ length: below(200) }, () => text(below(5))),
      () => ({ topic: 'auth' }),
      () => '0'.repeat(64),
    ])();
  const auth = () =>
    JSON.stringify({
      topic: pick(['auth', 'auth', 'auth', 'Auth', 'heartbeat', 'server.restart_requested', '*']),
      ...(random() < 0.9 && { token: value() }),
      ...(random() < 0.7 && { subscribe: value() }),
      ...(random() < 0.7 && { project: value() }),
      ...(random() < 0.3 && { since: value(), store: value(), snapshot: value() }),
    });
  const broken = () => {
    const whole = auth();
    const at = below(whole.length);
    return whole.slice(0, at) + pick(['', '\u0000', '"', '}', '\\', text(3)]) + whole.slice(at + 1);
  };
  const makers = [
    auth,
    broken,
    () => JSON.stringify({ topic: 'ack', sequence: value() }),
    () => text(below(2000)),
    () => pick(['[', '{"a":', '{"topic":"auth","token":']).repeat(below(5000)),
    () => Buffer.from(Array.from({ length: below(500) }, () => below(256))),
    () => `{"topic":"auth","token":"${'x'.repeat(below(100_000))}"}`,
    () => JSON.stringify({ topic: 'auth', token: 'x', subscribe: Array(2000).fill('a') }),
    () => pick(['', ' ', 'null', '[]', '{}', '0', '"auth"', '-', '1e999']),
  ];
  return () => pick<() => string | Buffer>(makers)();
}

const UPGRADE =
  'GET /ws HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const BROKEN_LIMIT_MS = 300;
const MASK = [0, 0, 0, 0];

/** Frames that RFC 6455 forbids, as bytes. */
const BROKEN: Record<string, number[]> = {
  'a reserved opcode': [0x83, 0x80, ...MASK],
  'a reserved bit': [0xc1, 0x80, ...MASK],
  'no mask': [0x81, 0x02, 0x7b, 0x7d],
  'a ping of 126 bytes': [0x89, 0xfe, 0, 126, ...MASK, ...Array(126).fill(0)],
  'a ping in fragments': [0x09, 0x80, ...MASK],
  'a continuation of nothing': [0x80, 0x81, ...MASK, 0x7b],
  'text that is no UTF-8': [0x81, 0x82, ...MASK, 0xc3, 0x28],
  'a close code of 0': [0x88, 0x82, ...MASK, 0, 0],
  'a length of 2^63': [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, ...MASK],
};

/** Sends bytes after the handshake. Whether the connection ends then is the runtime's business. */
function sendBroken(url: string, bytes: number[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(UPGRADE));
    socket.setTimeout(BROKEN_LIMIT_MS, () => socket.destroy());
    socket.once('data', () => socket.write(Buffer.from(bytes)));
    socket.on('error', () => undefined);
    socket.on('end', () => socket.destroy());
    socket.on('close', () => resolve());
  });
}

conformance('hostile frames', (hub) => {
  test.each(Object.keys(BROKEN))('a frame with %s harms nobody else', async (name) => {
    const witness = await hub.listen('usr', ['witness']);
    const bytes = BROKEN[name] as number[];
    await Promise.all(Array.from({ length: 3 }, () => sendBroken(hub.hub.url, bytes)));
    await hub.svc.dispatch({ topic: 'witness.after', store: false });
    await witness.settle();
    expect(witness.messages).toHaveLength(1);
    witness.close();
  });

  test(`${FRAMES} of them close nobody else's socket, and the hub goes on`, async () => {
    const random = randomFrom(SEED);
    const frame = createFrames(random);
    const witness = await hub.listen('usr', ['witness']);
    const attackers: WebSocket[] = [];
    const attacker = async (number: number) => {
      const at = number % SOCKETS;
      const open = attackers[at];
      if (open?.readyState === WebSocket.OPEN) return open;
      const { socket } = await openSocket(hub.hub.url);
      socket.on('error', () => socket.terminate());
      attackers[at] = socket;
      return socket;
    };
    for (let number = 0; number < FRAMES; number++) {
      const socket = await attacker(number);
      socket.send(frame());
      while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount > MAX_BUFFERED_BYTES) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      if (number % 1000 === 0) await hub.svc.dispatch({ topic: 'witness.round', store: false });
    }
    await witness.settle();
    expect(witness.messages).toHaveLength(FRAMES / 1000);
    expect(witness.socket.readyState).toBe(WebSocket.OPEN);
    expect((await hub.svc.get('/api/users/me')).status).toBe(200);
    for (const socket of attackers) socket.terminate();
    witness.close();
  });
});
