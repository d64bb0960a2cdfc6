import { expect, test } from 'vitest';
import { floodPage } from './flood.ts';

const SECONDS = 4;

test('nothing of a flood of events is lost, and the list of the page follows it', async () => {
  const report = await floodPage(SECONDS);
  expect(report.arrived).toBe(report.sent);
  expect(report.newest).toBe(`event ${report.sent - 1}`);
  expect(report.pages).toBeGreaterThan(10);
}, 180_000);
