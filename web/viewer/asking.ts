import type { CountQuery, EventRow, Events } from '../client/index.ts';
import { type ActionKind, type Actions, collectIds, queryFor } from './actions.ts';
import type { Question } from './dialogs.ts';

/** From a requested to a confirmed action. */
export class Asking {
  question: Question | null = null;

  readonly #changed: () => void;
  readonly #actions: Actions;
  #query: CountQuery = {};

  constructor(actions: Actions, changed: () => void) {
    this.#actions = actions;
    this.#changed = changed;
  }

  askOne(kind: ActionKind, event: EventRow): void {
    const about = `${event.topic} ${event.description}`;
    this.question = { kind, ids: [event.id], count: 1, about };
    this.#changed();
  }

  /** About all that match. */
  async askAll(events: Events, kind: ActionKind, query: CountQuery): Promise<void> {
    const question: Question = { kind, ids: null, count: null, about: '' };
    this.#query = query;
    this.question = question;
    this.#changed();
    const offered = queryFor(kind, query);
    const count = offered ? await countOf(events, offered) : 0;
    if (this.question !== question) return;
    this.question = { ...question, count };
    this.#changed();
  }

  /** Another action for all that match. */
  choose(events: Events, kind: ActionKind): void {
    void this.askAll(events, kind, this.#query);
  }

  cancel(): void {
    this.question = null;
    this.#changed();
  }

  /** The ids of the action, which is held from now on. */
  async confirm(events: Events): Promise<readonly string[]> {
    const { question } = this;
    if (!question) return [];
    this.cancel();
    const query = queryFor(question.kind, this.#query);
    const ids = question.ids ?? (query ? await collectIds(events, query) : []);
    if (ids.length > 0) this.#actions.hold(events, question.kind, ids);
    return ids;
  }
}

const countOf = (events: Events, query: CountQuery): Promise<number> =>
  events.count(query).then(
    ({ total }) => total,
    () => 0, // the status reports the error
  );
