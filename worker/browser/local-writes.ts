import type { CallWithFiles } from '../../wasm/call-with-files.ts';
import type { CoreStore } from '../../wasm/load.ts';
import { entropy, nowMicros } from '../../wasm/load.ts';
import { type Effect, Method } from '../../wasm/methods.ts';
import { codeOfStatus, WorkerError } from './worker-error.ts';

/** Longest wait of a writer for the server's answer, in milliseconds; the write stays in the outbox after it. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Ids that the server replaced, remembered for pages that still use the old one. */
const MAX_ALIASES = 10_000;

export interface Queued {
  number: number;
  id: string;
}

/** Writes that wait for the upstream, in the core's outbox (docs/sync.md, Local writes). */
export interface LocalWrites {
  /**
   * Queues the write, after it has brought back what the core needs to undo it, such as a payload on disk.
   * @throws CoreError when the core refuses the write; `state` = it cannot wait for the server.
   */
  queue(event: 'dispatch' | 'update' | 'remove', header: object, body?: string): Promise<Queued>;
  /**
   * Resolves with the id when the server has confirmed the write, or when that takes too long: then it stays
   * queued. @throws WorkerError when the server refuses it.
   */
  outcome(queued: Queued): Promise<string>;
  retry(number: number): void;
  discard(number: number): void;
  /** UTF-8 JSON of the writes that wait or were refused. */
  list(): Uint8Array;
  /** The present id of an event. */
  current(id: string): string;
  carryOut(effect: Effect): void;
  /** The connection is no longer live: no writer waits for the server. */
  goneOffline(): void;
}

interface Waiting {
  resolve(id: string): void;
  reject(error: Error): void;
  id: string;
}

export function createLocalWrites(
  store: CoreStore,
  call: CallWithFiles,
  user: string | null,
): LocalWrites {
  const waiting = new Map<number, Waiting>();
  const aliases = new Map<string, string>();

  const told = (header: Record<string, unknown>) => ({
    ...{ now: nowMicros(), entropy: entropy(), user, senderType: 'cuesheet' },
    ...header,
  });

  function tell(header: Record<string, unknown>) {
    return store.call(Method.outbox, told(header));
  }

  function rename(from: string, to: string) {
    const [oldest] = aliases.keys();
    if (aliases.size >= MAX_ALIASES && oldest !== undefined) aliases.delete(oldest);
    aliases.set(from, to);
  }

  return {
    async queue(event, header, body) {
      return (await call<Queued>(Method.outbox, told({ event, ...header }), body)).header;
    },
    outcome({ number, id }) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(number);
          resolve(id);
        }, ANSWER_TIMEOUT_MS);
        const settled =
          <T>(done: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer);
            waiting.delete(number);
            done(value);
          };
        waiting.set(number, { resolve: settled(resolve), reject: settled(reject), id });
      });
    },
    retry: (number) => void tell({ event: 'retry', number }),
    discard: (number) => void tell({ event: 'discard', number }),
    list: () => tell({ event: 'list' }).body,
    current: (id) => aliases.get(id) ?? id,
    carryOut(effect) {
      if (effect.effect === 'renamed') rename(effect.from, effect.to);
      if (effect.effect !== 'written') return;
      const { number, outcome, id, status, detail } = effect;
      if (outcome === 'confirmed') waiting.get(number)?.resolve(id);
      else waiting.get(number)?.reject(new WorkerError(codeOfStatus(status), detail));
    },
    goneOffline() {
      for (const { resolve, id } of [...waiting.values()]) resolve(id);
    },
  };
}
