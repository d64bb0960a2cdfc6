import type { CommitLoop } from '../../../wasm/commit-loop.ts';
import { CoreCrash, CoreError, type CoreStore, entropy, nowMicros } from '../../../wasm/load.ts';
import { type Effect, Method } from '../../../wasm/methods.ts';
import type { Log } from '../log.ts';
import {
  type Follower,
  type Following,
  followUpstream,
  type TellCore,
  type Upstream,
} from './upstream.ts';

/** The part of a relay that follows a hub or an AYON server. */
export interface Relay {
  carryOut(effects: Effect[]): void;
  /** Its progress. */
  now(): Following;
  /** Whether it has had everything once: before that its copy lacks events that are not gone. */
  hasCopy(): boolean;
  stop(): void;
}

export function createRelay(
  upstream: Upstream,
  store: CoreStore,
  commits: CommitLoop,
  log: Log,
): Relay {
  let following: Following = { isLive: false, position: 0 };
  let hasCopy = false;
  let follower: Follower | null = null;
  let logged: string | null = null; // the newest problem, until the upstream is followed
  const told = (next: Following, problem: string | null) => {
    following = next;
    hasCopy ||= next.isLive;
    if (problem && problem !== logged) log('error', `the upstream: ${problem}`);
    else if (next.isLive && logged) log('info', 'the upstream is followed again');
    logged = problem ?? (next.isLive ? null : logged);
  };
  try {
    follower = followUpstream(upstream, replicaOf(store, commits), told);
    follower.start();
  } catch (error) {
    told(following, (error as Error).message);
  }
  return {
    carryOut(effects) {
      for (const effect of effects) follower?.carryOut(effect);
    },
    now: () => following,
    hasCopy: () => hasCopy,
    stop: () => follower?.stop(),
  };
}

/** The method `replica` of the core. */
function replicaOf(store: CoreStore, commits: CommitLoop): TellCore {
  return async (event, more, body, refused) => {
    try {
      store.call(Method.replica, { now: nowMicros(), entropy: entropy(), event, ...more }, body);
    } catch (error) {
      if (error instanceof CoreCrash) return;
      const { message } = error as Error;
      const isSentence = error instanceof CoreError && error.code === 'state';
      refused(isSentence ? message : `'${event}' was refused: ${message}`);
    }
    await commits.settle().catch(() => {}); // the commit loop reports it, and tries again
  };
}
