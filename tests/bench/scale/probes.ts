// Requests of other callers while a hub does something long (npm run bench:scale).
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from './client.ts';
import { clientOf } from './process.ts';
import { page } from './reads.ts';

const PAUSE_MS = 10;

/** Milliseconds of the answers, by what was asked; a request that failed has its text in `failures`. */
export interface Waits {
  times: Record<string, number[]>;
  failures: string[];
}

/** Each kind has a connection of its own and waits for one answer before it asks again. */
function callsOf(id: string): Record<string, (number: number) => Call> {
  return {
    'users/me': () => ({ path: '/api/users/me' }),
    'one event': () => ({ path: `/api/events/${id}` }),
    dispatch: (number) => ({
      path: '/api/events',
      body: { topic: 'bench.probe', description: `probe ${number}` },
    }),
    'old events': () => page('first: 10, includeLogs: true'),
  };
}

/** Asks while `work` is under way, and once after it. @param id an event that stays. */
export async function probeWhile<T>(
  url: string,
  id: string,
  work: () => Promise<T>,
): Promise<{ waits: Waits; result: T }> {
  const waits: Waits = { times: {}, failures: [] };
  let isOver = false;
  const probing = Object.entries(callsOf(id)).map(async ([name, callOf]) => {
    const client = clientOf(url);
    const times: number[] = [];
    waits.times[name] = times;
    for (let number = 0, isLast = false; !isLast; number++) {
      isLast = isOver;
      const begin = performance.now();
      await client.timed(callOf(number)).catch((error) => waits.failures.push(`${name}: ${error}`));
      times.push(performance.now() - begin);
      await sleep(PAUSE_MS);
    }
    await client.close();
  });
  try {
    return { waits, result: await work() };
  } finally {
    isOver = true;
    await Promise.all(probing);
  }
}
