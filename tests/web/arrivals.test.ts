import { expect, test } from 'vitest';
import { createArrivals } from '../../worker/browser/arrivals.ts';

test('a write waits until its event is here', async () => {
  const arrivals = createArrivals(1000);
  let here = false;
  let done = false;
  const waiting = arrivals.wait('a', () => here).then(() => (done = true));
  arrivals.changed();
  await Promise.resolve();
  expect(done).toBe(false);
  here = true;
  arrivals.changed();
  await waiting;
  expect(done).toBe(true);
});

test('an event that is here already is not waited for', async () => {
  await createArrivals(0).wait('a', () => true);
});

test('the wait is bounded and says that the server has it', async () => {
  await expect(createArrivals(10).wait('a', () => false)).rejects.toMatchObject({
    code: 'timeout',
    message: expect.stringContaining('the server took event a'),
  });
});
