import type { CallWithFiles } from '../../wasm/call-with-files.ts';
import type { Durability } from '../../wasm/host-files.ts';
import { type CoreStore, entropy, nowMicros } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
import type { Arrivals } from './arrivals.ts';
import type { LiveQueries } from './live.ts';
import type { Answers, Kind, LiveMessage, Requests, Status, StatusMessage } from './protocol.ts';
import { createTransferHandlers } from './transfer-requests.ts';
import type { Upstream } from './upstream.ts';
import { WorkerError } from './worker-error.ts';

export type Post = (message: LiveMessage | StatusMessage) => void;

/** How each kind of request is answered. `page` names the asking page, `post` reaches it. */
export type Handlers = {
  [K in Kind]: (body: Requests[K], page: string, post: Post) => Promise<Answers[K]> | Answers[K];
};

/** What the requests work on. */
export interface Workplace {
  store: CoreStore;
  /** The same, for calls that may need files which are not in memory. */
  call: CallWithFiles;
  /** Null: the events live in this browser only. */
  upstream: Upstream | null;
  user: string | null;
  /** Not every event of the upstream is kept here. */
  hasScope: boolean;
  pages: Map<string, Post>;
  live: LiveQueries;
  arrivals: Arrivals;
  status(): Status;
  /** To be called after every change; resolves when everything so far is durable. */
  settle(durability?: Durability): Promise<void>;
  /** Saves what is in memory only because the disk was full, or rejects. */
  flush(): Promise<void>;
  leave(page: string): void;
}

/**
 * Requests as calls of the core. Without an upstream a write settles when it is durable; with one,
 * when the upstream took it and what it made of it is durable here as well.
 */
export function createHandlers(work: Workplace): Handlers {
  const { store, call, upstream, live, arrivals, settle } = work;
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

  function read(id: string): { updatedAt: string } | null {
    const bytes = find(id);
    return bytes && JSON.parse(new TextDecoder().decode(bytes));
  }

  return {
    open({ token }, page, post) {
      work.pages.set(page, post);
      if (token !== null) upstream?.setToken(token); // this tab may be newly signed in
      return work.status();
    },
    async dispatch({ event, durability }) {
      if (upstream) {
        const response = await upstream.request('POST', '/api/events', event);
        const { id } = (await response.json()) as { id: string };
        const stored = (event as { store?: boolean }).store !== false;
        if (stored && covers(event)) await arrivals.wait(id, () => find(id) !== null);
        await settle(durability);
        return { id };
      }
      const body = toJson(event);
      const header = { ...actor(), entropy: entropy() };
      const { id } = store.call<{ id: string }>(Method.dispatch, header, body).header;
      await settle(durability);
      return { id };
    },
    async update({ id, changes, durability }) {
      if (upstream) {
        const before = read(id)?.updatedAt; // moves with every change (protocol.md 4)
        await upstream.request('PATCH', `/api/events/${id}`, changes);
        // Without a scope it comes here even when it was not known before.
        if (before !== undefined || !work.hasScope)
          await arrivals.wait(id, () => (read(id)?.updatedAt ?? before) !== before);
      } else {
        store.call(Method.update, { ...actor(), id }, toJson(changes));
      }
      await settle(durability);
      return null;
    },
    async remove({ id, durability }) {
      const here = find(id) !== null; // refuses what is no id, before the server is asked
      await upstream?.request('DELETE', `/api/events/${id}`);
      if (here) store.call(Method.remove, { now: nowMicros(), id });
      await settle(durability);
      return { removed: here };
    },
    async get({ id }) {
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
      return (await call(Method.query, {}, toJson(query))).body;
    },
    async live({ live: number, query }, page, post) {
      await live.add(`${page} ${number}`, number, toJson(query), post);
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
