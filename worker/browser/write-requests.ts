import type { Durability } from '../../wasm/host-files.ts';
import { CoreError, entropy, nowMicros } from '../../wasm/load.ts';
import { type ErrorCode, Method } from '../../wasm/methods.ts';
import type { Queued } from './local-writes.ts';
import type { Upstream } from './upstream.ts';
import { WorkerError } from './worker-error.ts';
import type { Handlers, Workplace } from './workplace.ts';

type Writes = Pick<Handlers, 'dispatch' | 'update' | 'remove' | 'enroll'>;

/**
 * A write settles when it is durable here and, while the connection is live, when the upstream has confirmed
 * it too.
 */
export function createWriteHandlers(work: Workplace): Writes {
  return work.upstream ? writesOfReplica(work, work.upstream) : writesHere(work);
}

/** Without a server this store decides. */
function writesHere({ store, call, user, settle }: Workplace): Writes {
  const actor = () => ({ now: nowMicros(), user, senderType: 'cuesheet' });
  return {
    async dispatch({ event, durability }) {
      const header = { ...actor(), entropy: entropy() };
      const { id } = store.call<{ id: string }>(Method.dispatch, header, toJson(event)).header;
      await settle(durability);
      return { id };
    },
    async update({ id, changes, durability }) {
      store.call(Method.update, { ...actor(), id }, toJson(changes));
      await settle(durability);
      return null;
    },
    async remove({ id, durability }) {
      const header = { now: nowMicros(), id };
      const { removed } = store.call<{ removed: boolean }>(Method.remove, header).header;
      await settle(durability);
      return { removed };
    },
    async enroll({ request, durability }) {
      const header = { ...actor(), entropy: entropy() };
      const answer = await call<{ found: boolean }>(Method.enroll, header, toJson(request));
      await settle(durability);
      return answer.header.found ? answer.body : null;
    },
  };
}

/** Queues writes that can wait for the server. Others, and those of unknown events, go to the server now. */
function writesOfReplica({ localWrites, settle }: Workplace, upstream: Upstream): Writes {
  /** Durable here and, with a connection, confirmed by the server: the id that the server uses. */
  async function written(queued: Queued, durability?: Durability): Promise<string> {
    // Requested before the write is sent; a write that stays here does not wait for it.
    const outcome = upstream.state() === 'live' ? localWrites.outcome(queued) : null;
    outcome?.catch(() => {}); // handled below, after the first await
    await settle(durability);
    return (await outcome) ?? localWrites.current(queued.id);
  }

  return {
    async dispatch({ event, durability }) {
      const body = toJson(event);
      const queued = await unless(['state'], localWrites.queue('dispatch', {}, body));
      if (queued) return { id: await written(queued, durability) };
      // Only the server has the event. If it keeps it, the event arrives like those of others.
      const answer = await upstream.request('dispatch', 'POST', '/api/events', body);
      return JSON.parse(new TextDecoder().decode(answer ?? undefined)) as { id: string };
    },
    async update({ id: known, changes, durability }) {
      const id = localWrites.current(known);
      const body = toJson(changes);
      const queue = localWrites.queue('update', { id }, body);
      const queued = await unless(['state', 'not_found'], queue);
      if (queued) await written(queued, durability);
      else await upstream.request('update', 'PATCH', `/api/events/${id}`, body);
      await settle(durability);
      return null;
    },
    async remove({ id: known, durability }) {
      const id = localWrites.current(known);
      const queued = await unless(['not_found'], localWrites.queue('remove', { id }));
      if (queued) await written(queued, durability);
      else await upstream.request('delete', 'DELETE', `/api/events/${id}`);
      await settle(durability);
      return { removed: queued !== null };
    },
    /** Only the server's queue hands out jobs. */
    enroll: ({ request }) => upstream.request('enroll', 'POST', '/api/enroll', toJson(request)),
  };
}

/** Null when the core refuses with one of these codes. */
async function unless<T>(codes: readonly ErrorCode[], answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof CoreError && codes.includes(error.code)) return null;
    throw error;
  }
}

/** @throws WorkerError `invalid` for a value that JSON does not have, such as a BigInt. */
function toJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new WorkerError('invalid', (error as Error).message);
  }
}
