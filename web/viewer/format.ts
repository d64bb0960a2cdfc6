import type { EventRow, EventsStatus } from '../client/index.ts';
import type { StringKey } from './strings.ts';

export type Mood = 'good' | 'busy' | 'bad';

/** Text and tone of an indicator. */
export interface Look {
  label: StringKey;
  mood: Mood;
}

export function connectionLook({ connection }: EventsStatus): Look {
  const label = `connection.${connection}` as const;
  if (connection === 'live' || connection === 'local') return { label, mood: 'good' };
  const busy = connection === 'connecting' || connection === 'catching_up';
  return { label, mood: busy ? 'busy' : 'bad' };
}

export function storageLook({ storage, problem, message, saving }: EventsStatus): Look {
  if (storage === 'memory') return { label: 'memoryOnly', mood: 'bad' };
  // Without a checkpoint, or with full memory, everything that is here is saved all the same.
  const isSaved = problem === 'checkpoint' || problem === 'memory';
  if (message !== null && !isSaved) return { label: 'notSaved', mood: 'bad' };
  return saving ? { label: 'saving', mood: 'busy' } : { label: 'durable', mood: 'good' };
}

/** A topic in two parts: what it is about, and what happened: `entity.folder.` and `created`. */
export function splitTopic(topic: string): [stem: string, leaf: string] {
  const cut = topic.lastIndexOf('.') + 1;
  return [topic.slice(0, cut), topic.slice(cut)];
}

/** The progress of a job to draw; null when the job does not run. */
export function progressOf(event: EventRow): number | null {
  const running = event.status === 'in_progress' || event.status === 'pending';
  return running && event.progress !== undefined ? event.progress : null;
}
