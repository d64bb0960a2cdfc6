import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { CoreStore } from '../../wasm/load.ts';
import { areHeldTogether } from '../../worker/browser/locks.ts';
import { createUpstream } from '../../worker/browser/upstream.ts';

/** A lock manager in which these clients hold these locks. */
const locks = (held: Record<string, string>) => ({
  query: () =>
    Promise.resolve({ held: Object.entries(held).map(([name, clientId]) => ({ name, clientId })) }),
});

test('a worker owns a database when its own lock and that of the database are of one client', async () => {
  const ask = (held: Record<string, string>) => areHeldTogether(locks(held), 'worker', 'database');
  expect(await ask({ worker: 'a', database: 'a', other: 'b' })).toBe(true);
  expect(await ask({ worker: 'a', database: 'b' })).toBe(false);
  expect(await ask({ worker: 'a' })).toBe(false);
  expect(await ask({})).toBe(false);
});

test('a worker that was replaced while it was frozen sends no local write', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  let owns = false;
  const answers: string[] = [];
  const store = {
    call: (_method: number, header: { event: string }) => answers.push(header.event),
  } as unknown as CoreStore;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstream = createUpstream(
    url,
    store,
    () => Promise.resolve(),
    () => Promise.resolve(owns),
    'key',
  );
  const write = (request: number, path: string) =>
    upstream.carryOut({ effect: 'write', request, method: 'PATCH', path, body: '{}' });
  write(1, '/old');
  await Promise.resolve();
  owns = true;
  write(2, '/new');
  await expect.poll(() => answers).toEqual(['answer']);
  expect(asked).toEqual(['PATCH /new']);
  server.close();
});
