import type { CoreStore } from '../../wasm/load.ts';
import { nowMicros } from '../../wasm/load.ts';
import { type MemoryReport, Method } from '../../wasm/methods.ts';
import type { Log } from './log.ts';
import type { Figures } from './operation-routes.ts';

/** The pace is worked out again after this time, in milliseconds: it looks at many events. */
const PACE_MS = 60_000;
const MIB = 2 ** 20;

/** How full the memory of a hub is, for its log, `/healthz` and `/metrics`. */
export interface Memory {
  report(): MemoryReport;
  isFull(): boolean;
  figures(): Figures;
}

/** `now` is in milliseconds, from a clock that nobody sets. */
export function createMemory(
  store: CoreStore,
  now: () => number = () => performance.now(),
): Memory {
  let paced = Number.NEGATIVE_INFINITY;
  let daysLeft: number | null = null;

  function read(header: Record<string, unknown>): MemoryReport {
    return store.call<{ memory: MemoryReport }>(Method.status, header).header.memory;
  }

  function report(): MemoryReport {
    const isDue = now() >= paced + PACE_MS;
    const memory = read(isDue ? { now: nowMicros() } : {});
    if (isDue) {
      paced = now();
      ({ daysLeft } = memory);
    }
    return { ...memory, daysLeft };
  }

  return {
    report,
    isFull: () => read({}).room === 0,
    figures() {
      const { budget, reserve, used, room } = report();
      return {
        memory_budget_bytes: budget,
        memory_reserve_bytes: reserve,
        memory_used_bytes: used,
        memory_room_bytes: room,
        ...(daysLeft !== null && { memory_days_left: Math.round(daysLeft * 10) / 10 }),
      };
    },
  };
}

/** Logs once that a store is full when it has been opened. */
export function logWhenFull(memory: Memory, log: Log): void {
  const { budget, used, room } = memory.report();
  if (room > 0) return;
  const size = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
  log(
    'error',
    `memory is full: the events take ${size(used)} of ${size(budget)}. They can be read, updated, exported and ` +
      'removed, new ones are refused; remove some, or give more memory',
  );
}
