import { expect, test } from 'vitest';
import { HAS_NAMESPACES, type Outcome, runOrders } from './folder-orders.ts';

const seed = Date.now() % 1_000_000;
const where = HAS_NAMESPACES ? 'namespaces of process ids' : 'stubs of the process table';

test(
  `two hubs on one folder, in two ${where}, never lose an acknowledged event (seed ${seed})`,
  {
    timeout: 180_000,
  },
  async () => {
    const outcomes: Outcome[] = [];
    const onOrder = (_order: number, outcome: Outcome) => void outcomes.push(outcome);
    await runOrders({ orders: 4, steps: 5, lanes: 4, seed, onOrder });
    expect(outcomes.map(({ problems }) => problems)).toEqual([[], [], [], []]);
    expect(outcomes.some(({ acknowledged }) => acknowledged > 0)).toBe(true);
  },
);
