import type { CommitLoop } from '../../../wasm/commit-loop.ts';
import { CoreCrash, type CoreStore, entropy, nowMicros } from '../../../wasm/load.ts';
import { type Effect, Method } from '../../../wasm/methods.ts';
import type { Log } from '../log.ts';
import { type Follower, type Following, followUpstream, type Upstream } from './upstream.ts';

/** The side of a hub that follows another one, or an AYON server. */
export interface Relay {
  carryOut(effects: Effect[]): void;
  /** How far it is. */
  now(): Following;
  stop(): void;
}

export function createRelay(
  upstream: Upstream,
  store: CoreStore,
  commits: CommitLoop,
  log: Log,
): Relay {
  let following: Following = { isLive: false, position: 0 };
  let follower: Follower | null = null;
  const told = (next: Following, problem: string | null) => {
    following = next;
    if (problem) log('error', `the upstream: ${problem}`);
  };
  try {
    follower = followUpstream(upstream, replicaOf(store, commits, log), told);
    follower.start();
  } catch (error) {
    told(following, (error as Error).message);
  }
  return {
    carryOut(effects) {
      for (const effect of effects) follower?.carryOut(effect);
    },
    now: () => following,
    stop: () => follower?.stop(),
  };
}

/** The method `replica` of the core. */
function replicaOf(
  store: CoreStore,
  commits: CommitLoop,
  log: Log,
): Parameters<typeof followUpstream>[1] {
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
