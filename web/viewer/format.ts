import type { EventRow, EventStatus, EventsStatus } from '../client/index.ts';

export const STATUS_LABEL: Record<EventStatus, string> = {
  pending: 'Pending',
  in_progress: 'In progress',
  finished: 'Finished',
  failed: 'Failed',
  aborted: 'Aborted',
  restarted: 'Restarted',
};

const CONNECTION_LABEL: Record<EventsStatus['connection'], string> = {
  local: 'Local only',
  stopped: 'Offline',
  offline: 'Offline',
  connecting: 'Connecting …',
  catching_up: 'Catching up …',
  live: 'Online',
  waiting: 'Offline, trying again',
  unauthorized: 'Signed out',
};

export type Mood = 'good' | 'busy' | 'bad';

/** Words and mood of the connection indicator. */
export function connectionLook({ connection }: EventsStatus): { label: string; mood: Mood } {
  const label = CONNECTION_LABEL[connection];
  if (connection === 'live' || connection === 'local') return { label, mood: 'good' };
  const busy = connection === 'connecting' || connection === 'catching_up';
  return { label, mood: busy ? 'busy' : 'bad' };
}

/** Words and mood of the storage indicator. */
export function storageLook({ storage, message, saving }: EventsStatus): {
  label: string;
  mood: Mood;
} {
  if (storage === 'memory') return { label: 'Memory only', mood: 'bad' };
  if (message !== null) return { label: 'Not saved', mood: 'bad' };
  return saving ? { label: 'Saving …', mood: 'busy' } : { label: 'Durable', mood: 'good' };
}

/** Short age of a time: `now`, `45 s`, `3 min`, `5 h`, `2 d`. */
export function ageOf(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  if (seconds < 5) return 'now';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A time as the reader writes it, in their zone. */
export function fullTime(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : time.toLocaleString();
}

/** A topic as what it is about and what happened: `entity.folder.` and `created`. */
export function splitTopic(topic: string): [stem: string, leaf: string] {
  const cut = topic.lastIndexOf('.') + 1;
  return [topic.slice(0, cut), topic.slice(cut)];
}

/** Progress of a job to draw, or null: only what is still running has one. */
export function progressOf(event: EventRow): number | null {
  const running = event.status === 'in_progress' || event.status === 'pending';
  return running && event.progress !== undefined ? event.progress : null;
}
