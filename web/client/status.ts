import type { EventsStatus } from './types.ts';

const INITIAL_STATUS: EventsStatus = {
  connection: 'stopped',
  storage: 'memory',
  problem: null,
  message: null,
  saving: false,
  queuedWrites: 0,
  blockedWrites: 0,
  refusedWrites: 0,
  intercepted: null,
  heldWrites: 0,
  history: null,
  events: 0,
  sequence: 0,
  reload: null,
  persisted: null,
  ended: null,
};

/** The last state, and its listeners. */
export interface StatusKeeper {
  now(): EventsStatus;
  /** Sets the state without calling the listeners. */
  set(news: Partial<EventsStatus>): void;
  tell(news: Partial<EventsStatus>): void;
  listen(listener: (status: EventsStatus) => void): () => void;
}

export function createStatus(): StatusKeeper {
  let status = INITIAL_STATUS;
  const listeners = new Set<(status: EventsStatus) => void>();
  const set = (news: Partial<EventsStatus>) => {
    status = { ...status, ...news };
  };
  return {
    now: () => status,
    set,
    tell(news) {
      set(news);
      for (const listener of listeners) listener(status);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
