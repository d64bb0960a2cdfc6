import { expect, test } from 'vitest';
import { driveWithAyonClient } from './ayon-client.ts';
import { allEvents, startHub, temporaryFolder } from './hub-process.ts';

test('the unmodified AYON client dispatches, updates, reads, pages and deletes', async () => {
  const folder = temporaryFolder();
  const hub = await startHub(folder.path);
  const report = await driveWithAyonClient(hub.url, '--delete');
  expect(new Set(report.ids).size).toBe(200);
  expect(report.topics).toBeGreaterThanOrEqual(20);
  expect(report.entities).toBeGreaterThan(50);
  expect(await allEvents(hub)).toHaveLength(201);
  await hub.stop();
  folder.remove();
});
