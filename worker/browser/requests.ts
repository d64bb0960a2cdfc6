import type { Durability } from '../../wasm/host-files.ts';
import { CoreError, entropy, nowMicros } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
import type { Queued } from './local-writes.ts';
import { createTransferHandlers } from './transfer-requests.ts';
import type { Upstream } from './upstream.ts';
import { WorkerError } from './worker-error.ts';
import type { Handlers, Workplace } from './workplace.ts';

/**
 * Requests as calls of the core. A write settles when it is durable here; while the connection is live,
 * when the upstream took it as well.
 */
export function createHandlers(work: Workplace): Handlers {
  const { store, call, upstream, live, localWrites, settle } = work;
  const actor = () => ({ now: nowMicros(), user: work.user, senderType: 'cuesheet' });

  /** The event without its payload. */
  function find(id: string): Uint8Array | null {
    const { header, body } = store.call<{ found: boolean }>(Method.get, { id, payload: false });
    return header.found ? body : null;
  }

  /** Whether the scope keeps such an event, or it never comes here. */
  function covers(event: object): boolean {
    if (!work.hasScope) return true;
    return store.call<{ covers: boolean }>(Method.covers, {}, toJson(event)).header.covers;
  }

  /** Durable here, and taken by the server if there is a connection: the id that it has there. */
  async function written(queued: Queued, durability?: Durability): Promise<string> {
    // Asked before the write is on its way; nobody waits for it when it stays here.
    const outcome = upstream?.state() === 'live' ? localWrites.outcome(queued) : null;
    outcome?.catch(() => {}); // told below, after what is awaited first
    await settle(durability);
    return (await outcome) ?? localWrites.current(queued.id);
  }

  /** Null: it cannot wait for the server, and goes to it now. */
  function queue(kind: 'dispatch' | 'update', header: object, body: string): Queued | null {
    try {
      return localWrites.queue(kind, header, body);
    } catch (error) {
      if (error instanceof CoreError && error.code === 'state') return null;
      throw error;
    }
  }

  async function dispatchUp(event: object, body: string, durability?: Durability) {
    if (!upstream) throw new WorkerError('state', 'there is no server');
    if (!covers(event)) return sendAway(event);
    const queued = queue('dispatch', {}, body);
    return queued ? { id: await written(queued, durability) } : sendAway(event);
  }

  /** To the server and nowhere else; when it keeps the event, that comes here as those of others do. */
  async function sendAway(event: object): Promise<{ id: string }> {
    const response = await (upstream as Upstream).request('POST', '/api/events', event);
    return (await response.json()) as { id: string };
  }

  return {
    open({ token }, page, post) {
      work.pages.set(page, post);
      if (token !== null) upstream?.setToken(token); // this tab may be newly signed in
      return work.status();
    },
    async dispatch({ event, durability }) {
      const body = toJson(event);
      if (upstream) return dispatchUp(event, body, durability);
      const header = { ...actor(), entropy: entropy() };
      const { id } = store.call<{ id: string }>(Method.dispatch, header, body).header;
      await settle(durability);
      return { id };
    },
    async update({ id: known, changes, durability }) {
      const id = localWrites.current(known);
      const body = toJson(changes);
      if (!upstream) {
        store.call(Method.update, { ...actor(), id }, body);
        await settle(durability);
        return null;
      }
      const queued = find(id) !== null && queue('update', { id }, body);
      if (queued) await written(queued, durability);
      else await upstream.request('PATCH', `/api/events/${id}`, changes);
      await settle(durability);
      return null;
    },
    async remove({ id: known, durability }) {
      const id = localWrites.current(known);
      const here = find(id) !== null; // refuses what is no id, before the server is asked
      if (upstream && here) await written(localWrites.queue('remove', { id }), durability);
      else if (upstream) await upstream.request('DELETE', `/api/events/${id}`);
      else if (here) store.call(Method.remove, { now: nowMicros(), id });
      await settle(durability);
      return { removed: here };
    },
    outbox: () => localWrites.list(),
    async retry({ number }) {
      localWrites.retry(number);
      await settle();
      return null;
    },
    async discard({ number }) {
      localWrites.discard(number);
      await settle();
      return null;
    },
    async get({ id: known }) {
      const id = localWrites.current(known);
      const { header, body } = await call<{ found: boolean }>(Method.get, { id });
      const here = header.found ? body : null;
      if (upstream?.state() !== 'live') return here;
      if (here && 'payload' in JSON.parse(new TextDecoder().decode(here))) return here;
      try {
        const response = await upstream.request('GET', `/api/events/${id}`);
        return new Uint8Array(await response.arrayBuffer());
      } catch (error) {
        if (here || (error instanceof WorkerError && error.code === 'not_found')) return here;
        throw error;
      }
    },
    async query({ query }) {
      return (await call(Method.query, { form: 'cells' }, query)).body;
    },
    async count({ query }) {
      return (await call(Method.count, {}, query)).body;
    },
    progress({ id: known }) {
      const id = localWrites.current(known);
      return find(id) === null ? null : store.call(Method.progress, { id }).body;
    },
    tree({ id: known }) {
      const id = localWrites.current(known);
      return find(id) === null ? null : store.call(Method.tree, { id }).body;
    },
    /** One queue hands out a job: the server's, or this store's when there is no server. */
    async enroll({ request, durability }) {
      if (upstream) {
        const response = await upstream.request('POST', '/api/enroll', request);
        return response.status === 204 ? null : new Uint8Array(await response.arrayBuffer());
      }
      const header = { ...actor(), entropy: entropy() };
      const answer = await call<{ found: boolean }>(Method.enroll, header, toJson(request));
      await settle(durability);
      return answer.header.found ? answer.body : null;
    },
    async live({ live: number, query }, page, post) {
      await live.add(`${page} ${number}`, number, query, post);
      return null;
    },
    unlive({ live: number }, page) {
      live.remove(`${page} ${number}`);
      return null;
    },
    token({ token }) {
      upstream?.setToken(token);
      return null;
    },
    ...createTransferHandlers(work),
    async flush({ durability }) {
      await settle(durability);
      await work.flush();
      return null;
    },
    async close(_body, page) {
      await settle();
      work.leave(page);
      return null;
    },
  };
}

/** @throws WorkerError `invalid` for what JSON cannot say, such as a BigInt. */
function toJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new WorkerError('invalid', (error as Error).message);
  }
}
