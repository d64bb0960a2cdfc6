import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { seedEvent, seedId } from './conformance/seed.ts';
import { USERS } from './conformance/suite.ts';
import { type Answer, call } from './hub-process.ts';
import { RUNTIMES } from './runtimes.ts';

const run = promisify(execFile);
const WORKERS = 8;
const JOBS = 2000;
const IN_ORDER = 150;
const LIMIT_MS = 180_000;
const KEY = 'key-svc';

const sources = (from: number, count: number, topic: string) => {
  const updatedAt = new Date().toISOString().replace('Z', '+00:00');
  const seed = (_: unknown, index: number) => seedEvent(from + index, { topic, updatedAt });
  return Array.from({ length: count }, seed);
};

/** What each of eight processes with the AYON client did, by the ids of its sources. */
function work(url: string, source: string, target: string, ...flags: string[]) {
  return Promise.all(
    Array.from({ length: WORKERS }, async (_, worker) => {
      const args = ['tests/edge/enroll_worker.py', url, KEY, `worker${worker}`, source, target];
      const python = '.toolchain/venv/bin/python';
      const { stdout } = await run(python, [...args, ...flags], { timeout: LIMIT_MS });
      return JSON.parse(stdout) as string[];
    }),
  );
}

/** All jobs of a queue, in the order in which they were made. */
async function jobsOf(url: string, target: string) {
  const fields = 'id dependsOn status createdAt updatedAt';
  const query = `{ events(topics: ["${target}"], first: 5000) { edges { node { ${fields} } } } }`;
  const { body } = await call({ url }, 'POST', '/graphql', { key: KEY, body: { query } });
  return body.data.events.edges.map(({ node }: Answer) => node);
}

describe.each(RUNTIMES)('eight processes with the AYON client on $name', ({ start }) => {
  test(
    'share no job of 2,000 and lose none; a sequential queue goes in order, one at a time',
    async () => {
      const events = [...sources(0, JOBS, 'many.source'), ...sources(JOBS, IN_ORDER, 'row.source')];
      const lines = events.map((event) => JSON.stringify(event)).join('\n');
      const hub = await start({ users: JSON.stringify(USERS), events: lines });
      try {
        const done = await work(hub.url, 'many.source', 'many.job');
        const expected = Array.from({ length: JOBS }, (_, index) => seedId(index));
        expect(done.flat().sort()).toEqual(expected);
        expect(done.filter((jobs) => jobs.length > 0)).toHaveLength(WORKERS);
        const jobs = await jobsOf(hub.url, 'many.job');
        expect(jobs).toHaveLength(JOBS);
        expect(jobs.every(({ status }: Answer) => status === 'finished')).toBe(true);

        await work(hub.url, 'row.source', 'row.job', '--sequential');
        const row = await jobsOf(hub.url, 'row.job');
        const inOrder = Array.from({ length: IN_ORDER }, (_, index) => seedId(JOBS + index));
        expect(row.map(({ dependsOn }: Answer) => dependsOn)).toEqual(inOrder);
        for (let i = 1; i < row.length; i++) {
          expect(row[i].createdAt >= row[i - 1].updatedAt).toBe(true);
        }
      } finally {
        await hub.stop();
      }
    },
    LIMIT_MS,
  );
});
