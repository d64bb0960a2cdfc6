// One client that repeats a scan, and others that come meanwhile (npm run bench:hub).
import { Pool, request } from 'undici';
import { type Call, send } from './load.ts';

/** A condition that reads every payload, and that none has. */
const SCAN: Call = {
  path: '/api/query',
  body: JSON.stringify({
    entity: 'event',
    filter: { conditions: [{ key: 'payload/absent', operator: 'like', value: '%absent%' }] },
  }),
};
const COMING = 20;

/** Milliseconds until the answers of `GET /healthz` on new connections, and of the scans. */
export interface Starved {
  health: number[];
  scans: number[];
}

/** `rounds` times 20 new connections come at once, while a client sends one scan after the other. */
export async function starve(url: string, rounds: number): Promise<Starved> {
  const pool = new Pool(url, { connections: 1, pipelining: 1 });
  const timed = async (call: () => Promise<unknown>) => {
    const start = performance.now();
    await call();
    return performance.now() - start;
  };
  const scans: number[] = [];
  let isOver = false;
  const scanning = (async () => {
    while (!isOver) scans.push(await timed(() => send(pool, SCAN)));
  })();
  const health: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const answers = Array.from({ length: COMING }, () =>
      timed(async () => {
        const { body } = await request(`${url}/healthz`, { reset: true });
        await body.dump();
      }),
    );
    health.push(...(await Promise.all(answers)));
  }
  isOver = true;
  await scanning;
  await pool.close();
  return { health, scans };
}
