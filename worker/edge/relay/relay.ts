import type { CommitLoop } from '../../../wasm/commit-loop.ts';
import { CoreCrash, CoreError, type CoreStore, entropy, nowMicros } from '../../../wasm/load.ts';
import { type Effect, Method } from '../../../wasm/methods.ts';
import type { Log } from '../log.ts';
import { followStock, type StockFollower } from './stock-upstream.ts';
import { type Following, follow, type MirrorCalls, type Upstream } from './upstream.ts';

/** The side of a hub that follows another one. */
export interface Relay {
  carryOut(effects: Effect[]): void;
  /** How far it is. */
  now(): Following;
  stop(): void;
}

/** A hub is followed by its feed, an AYON server as a replica does. */
export function createRelay(
  upstream: Upstream,
  store: CoreStore,
  commits: CommitLoop,
  log: Log,
): Relay {
  let following: Following = { isLive: false, position: 0 };
  let stock: StockFollower | null = null;
  const told = (next: Following, problem: string | null) => {
    following = next;
    if (problem) log('error', `the upstream: ${problem}`);
  };
  const stop = follow(upstream, mirrorOf(store, commits), told, () => {
    try {
      stock = followStock(upstream, replicaOf(store, commits, log), told);
      stock.start();
    } catch (error) {
      told({ isLive: false, position: 0 }, (error as Error).message);
    }
  });
  return {
    carryOut(effects) {
      for (const effect of effects) stock?.carryOut(effect);
    },
    now: () => following,
    stop() {
      stop();
      stock?.stop();
    },
  };
}

function mirrorOf(store: CoreStore, commits: CommitLoop): MirrorCalls {
  const tell = (event: string, body?: Uint8Array | string) =>
    store.call<{ next: number }>(Method.mirror, { event }, body).header.next;
  return {
    async snapshot(lines) {
      tell('snapshot', lines);
      await commits.settle();
    },
    async endSnapshot() {
      const next = tell('end');
      await commits.settle();
      return next;
    },
    async changes(page) {
      const next = tell('changes', page);
      await commits.settle();
      return next;
    },
    isBroken: (error) => error instanceof CoreError,
  };
}

/** The method `replica` of the core. */
function replicaOf(
  store: CoreStore,
  commits: CommitLoop,
  log: Log,
): Parameters<typeof followStock>[1] {
  return async (event, more, body) => {
    try {
      store.call(Method.replica, { now: nowMicros(), entropy: entropy(), event, ...more }, body);
    } catch (error) {
      if (error instanceof CoreCrash) return;
      log('error', `the upstream: '${event}' was refused: ${(error as Error).message}`);
    }
    await commits.settle().catch(() => {}); // told by the commit loop, which tries again
  };
}
