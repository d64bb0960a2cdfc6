import type { Effect, ReplicaState } from '../../../wasm/methods.ts';
import { createConnectionHost } from '../../replica/connection-host.ts';
import type { Following, Upstream } from './upstream.ts';

/** Longest wait for an answer of the server, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface StockFollower {
  start(): void;
  /** To be called with every effect of the core. */
  carryOut(effect: Effect): void;
  stop(): void;
}

/**
 * Follows an AYON server that has no change feed, as a replica does: the core says what to read and when
 * (docs/sync.md, A stock server). `tell` is the core's method `replica`.
 * @throws Error when the upstream has no `openSocket`.
 */
export function followStock(
  { fetch, apiKey, openSocket }: Upstream,
  tell: (event: string, more: Record<string, unknown>, body?: string | Uint8Array) => Promise<void>,
  told: (following: Following, problem: string | null) => void,
): StockFollower {
  if (!openSocket) throw new Error('it is no hub, and there are no WebSockets to follow it by');
  const end = new AbortController();
  const connection = createConnectionHost({
    tell: async (event, more, body) => {
      if (!end.signal.aborted) await tell(event, more, body);
    },
    openSocket,
    token: () => apiKey,
    async ask(method, path, body) {
      try {
        const response = await fetch(path, {
          method,
          headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
          signal: AbortSignal.any([end.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
          ...(body !== undefined && { body }),
        });
        return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
      } catch {
        return { status: 0, bytes: new Uint8Array() };
      }
    },
  });
  return {
    start: () => void tell('start', {}),
    carryOut(effect) {
      connection.carryOut(effect);
      if (effect.effect !== 'state') return;
      told({ isLive: effect.state === 'live', position: 0 }, problemOf(effect.state));
    },
    stop() {
      void tell('stop', {});
      end.abort();
    },
  };
}

function problemOf(state: ReplicaState): string | null {
  if (state === 'unauthorized') return 'it refuses CUESHEET_UPSTREAM_KEY: nothing is read any more';
  return state === 'waiting' ? 'it does not answer, and is asked again' : null;
}
