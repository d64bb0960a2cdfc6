import type { CountQuery, EventPage, EventStatus, Events } from '../client/index.ts';

/** How long an action can be undone before it is carried out, in milliseconds. */
export const HELD_MS = 5000;
/** How long the outcome of an action is shown, in milliseconds. */
export const SHOWN_MS = 8000;
/** Actions that are held or shown at a time; one more removes the oldest. */
export const MOST_ACTIONS = 10;
/** The most events of one action. */
export const MOST_EVENTS = 10_000;
/** Events that are requested, or changed, at a time. */
const COLLECTED_AT_ONCE = 500;
const DONE_AT_ONCE = 50;

export type ActionKind = 'restart' | 'abort' | 'delete';
export const ACTIONS: readonly ActionKind[] = ['restart', 'abort', 'delete'];

/** The statuses for which an action is offered, as on AYON's own page. */
const STATUSES: Record<ActionKind, readonly EventStatus[] | null> = {
  restart: ['finished', 'aborted', 'failed'],
  abort: ['pending', 'in_progress', 'restarted'],
  delete: null,
};
const BECOMES = { restart: 'restarted', abort: 'aborted' } as const;

/** The actions for an event of this status. */
export const actionsFor = (status: EventStatus): ActionKind[] =>
  ACTIONS.filter((kind) => STATUSES[kind]?.includes(status) ?? true);

/** The events of a query for which an action is offered; null = there can be none. */
export function queryFor(kind: ActionKind, query: CountQuery): CountQuery | null {
  const offered = STATUSES[kind];
  if (!offered) return query;
  const statuses = query.statuses?.filter((status) => offered.includes(status)) ?? [...offered];
  return statuses.length > 0 ? { ...query, statuses } : null;
}

/** Ids of the newest matches, at most `MOST_EVENTS`. */
export async function collectIds(events: Events, query: CountQuery): Promise<string[]> {
  const ids: string[] = [];
  let before: string | null = null;
  while (ids.length < MOST_EVENTS) {
    const last = Math.min(COLLECTED_AT_ONCE, MOST_EVENTS - ids.length);
    const page: EventPage = await events.query({
      ...query,
      last,
      ...(before !== null && { before }),
    });
    for (const { id } of page.events) ids.push(id);
    before = page.events.at(-1)?.cursor ?? null;
    if (!page.pageInfo.hasPreviousPage || before === null) break;
  }
  return ids;
}

/** An action from the moment it is confirmed. */
export interface Action {
  readonly kind: ActionKind;
  readonly ids: readonly string[];
  /** `held`: can be undone. `running`: under way. `done`: finished. `undone`: was not carried out. */
  state: 'held' | 'running' | 'done' | 'undone';
  /** How many were refused, and the reason for the first. */
  refused: number;
  reason: string;
  /** How many wait in the outbox for the server; they can still be undone. */
  queued: number;
}

interface Entry {
  action: Action;
  events: Events;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Actions that are held, under way, or just done. */
export class Actions {
  readonly #changed: () => void;
  #entries: Entry[] = [];

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get list(): readonly Action[] {
    return this.#entries.map(({ action }) => action);
  }

  /** Carries an action out after `HELD_MS`. */
  hold(events: Events, kind: ActionKind, ids: readonly string[]): void {
    const action: Action = { kind, ids, state: 'held', refused: 0, reason: '', queued: 0 };
    const entry: Entry = { action, events, timer: undefined };
    entry.timer = setTimeout(() => void this.#carryOut(entry), HELD_MS);
    this.#entries.push(entry);
    while (this.#entries.length > MOST_ACTIONS) this.#letGo(this.#entries[0] as Entry);
    this.#changed();
  }

  /** Carries out everything that is held: the user confirmed it and leaves the page. */
  flush(): void {
    for (const entry of this.#entries)
      if (entry.action.state === 'held') void this.#carryOut(entry);
  }

  /** Undoes an action before it is carried out, or its writes that still wait for the server. */
  async undo(action: Action): Promise<void> {
    const entry = this.#entries.find((one) => one.action === action);
    if (!entry) return;
    clearTimeout(entry.timer);
    if (action.state === 'held') action.state = 'undone';
    else await takeBack(entry);
    this.#show(entry);
  }

  dismiss(action: Action): void {
    const entry = this.#entries.find((one) => one.action === action);
    if (entry) this.#letGo(entry);
    this.#changed();
  }

  #letGo(entry: Entry): void {
    if (entry.action.state === 'held') void this.#carryOut(entry);
    clearTimeout(entry.timer);
    this.#entries = this.#entries.filter((one) => one !== entry);
  }

  /** The outcome is shown for a while. */
  #show(entry: Entry): void {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => this.dismiss(entry.action), SHOWN_MS);
    this.#changed();
  }

  async #carryOut(entry: Entry): Promise<void> {
    const { action, events } = entry;
    clearTimeout(entry.timer);
    action.state = 'running';
    this.#changed();
    for (let from = 0; from < action.ids.length; from += DONE_AT_ONCE) {
      const some = action.ids.slice(from, from + DONE_AT_ONCE);
      const outcomes = await Promise.allSettled(some.map((id) => doOne(events, action.kind, id)));
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') continue;
        action.refused++;
        action.reason ||= (outcome.reason as Error).message;
      }
      this.#changed();
    }
    action.queued = (await queuedWritesOf(entry)).length;
    action.state = 'done';
    this.#show(entry);
  }
}

async function doOne(events: Events, kind: ActionKind, id: string): Promise<void> {
  if (kind === 'delete') await events.remove(id);
  else await events.update(id, { status: BECOMES[kind] });
}

/** Numbers of the action's writes that were never sent, newest first. */
async function queuedWritesOf({ action, events }: Entry): Promise<number[]> {
  const ids = new Set(action.ids);
  const kind = action.kind === 'delete' ? 'remove' : 'update';
  const writes = await events.outbox.list().catch(() => []); // there is no outbox without a server
  return writes
    .filter((write) => write.state === 'queued' && !write.sent)
    .filter((write) => write.kind === kind && ids.has(write.id))
    .map(({ number }) => number)
    .reverse();
}

async function takeBack(entry: Entry): Promise<void> {
  const { action, events } = entry;
  for (const number of await queuedWritesOf(entry)) {
    const taken = await events.outbox.discard(number).then(
      () => true,
      () => false, // it was sent meanwhile
    );
    if (taken) action.queued--;
  }
  if (action.queued === 0) action.state = 'undone';
}
