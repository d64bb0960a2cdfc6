import type { Durability } from '../../wasm/host-files.ts';
import { CoreError, entropy, nowMicros } from '../../wasm/load.ts';
import { type ErrorCode, Method } from '../../wasm/methods.ts';
import type { Queued } from './local-writes.ts';
import type { Upstream } from './upstream.ts';
import { WorkerError } from './worker-error.ts';
import type { Handlers, Workplace } from './workplace.ts';

type Writes = Pick<Handlers, 'dispatch' | 'update' | 'remove' | 'enroll'>;

/**
 * A write settles when it is durable here; while the connection is live, when the upstream took it as
 * well.
 */
export function createWriteHandlers(work: Workplace): Writes {
  return work.upstream ? writesOfReplica(work, work.upstream) : writesHere(work);
}

/** Without a server this store alone says what is. */
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

/** What waits for the server is queued here; what cannot, or is not here, goes to it now. */
function writesOfReplica({ localWrites, settle }: Workplace, upstream: Upstream): Writes {
  /** Durable here, and taken by the server if there is a connection: the id that it has there. */
  async function written(queued: Queued, durability?: Durability): Promise<string> {
    // Asked before the write is on its way; nobody waits for it when it stays here.
    const outcome = upstream.state() === 'live' ? localWrites.outcome(queued) : null;
    outcome?.catch(() => {}); // told below, after what is awaited first
    await settle(durability);
    return (await outcome) ?? localWrites.current(queued.id);
  }

  return {
    async dispatch({ event, durability }) {
      const body = toJson(event);
      const queued = unless(['state'], () => localWrites.queue('dispatch', {}, body));
      if (queued) return { id: await written(queued, durability) };
      // The server alone has it; when it keeps the event, that comes here as those of others do.
      const response = await upstream.request('POST', '/api/events', body);
      return (await response.json()) as { id: string };
    },
    async update({ id: known, changes, durability }) {
      const id = localWrites.current(known);
      const body = toJson(changes);
      const queue = () => localWrites.queue('update', { id }, body);
      const queued = unless(['state', 'not_found'], queue);
      if (queued) await written(queued, durability);
      else await upstream.request('PATCH', `/api/events/${id}`, body);
      await settle(durability);
      return null;
    },
    async remove({ id: known, durability }) {
      const id = localWrites.current(known);
      const queued = unless(['not_found'], () => localWrites.queue('remove', { id }));
      if (queued) await written(queued, durability);
      else await upstream.request('DELETE', `/api/events/${id}`);
      await settle(durability);
      return { removed: queued !== null };
    },
    /** One queue hands out a job: the server's. */
    async enroll({ request }) {
      const response = await upstream.request('POST', '/api/enroll', toJson(request));
      return response.status === 204 ? null : new Uint8Array(await response.arrayBuffer());
    },
  };
}

/** Null when the core refuses with one of these codes. */
function unless<T>(codes: readonly ErrorCode[], call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    if (error instanceof CoreError && codes.includes(error.code)) return null;
    throw error;
  }
}

/** @throws WorkerError `invalid` for what JSON cannot say, such as a BigInt. */
function toJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new WorkerError('invalid', (error as Error).message);
  }
}
