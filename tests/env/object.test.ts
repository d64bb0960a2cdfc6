import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { startWorkerd, type Workerd } from '../edge/workerd.ts';
import { buildContract } from './build.ts';

const folder = temporaryFolder();
let workerd: Workerd;

beforeAll(async () => {
  buildContract();
  workerd = await startWorkerd({
    folder: folder.path,
    entry: 'tests/env/object-lab.ts',
    bindings: {},
  });
}, 600_000);
afterAll(async () => {
  await workerd.miniflare.dispose();
  folder.remove();
});

test("files in a Durable Object keep the contract of the core's Env", async () => {
  const { stages, wrong } = await (await fetch(workerd.url)).json();
  expect(wrong).toEqual([]);
  expect(stages).toBeGreaterThan(10);
});
