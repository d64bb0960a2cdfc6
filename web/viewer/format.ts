import type { EventRow, EventStatus, EventsStatus } from '../client/index.ts';

/** Shape and name of a status: told apart without colour. */
export const STATUS_LOOK: Record<EventStatus, { icon: string; label: string }> = {
  pending: { icon: '◷', label: 'Pending' },
  in_progress: { icon: '◐', label: 'In progress' },
  finished: { icon: '✓', label: 'Finished' },
  failed: { icon: '!', label: 'Failed' },
  aborted: { icon: '✕', label: 'Aborted' },
  restarted: { icon: '↻', label: 'Restarted' },
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

/** The words of the connection indicator. */
export function connectionLabel(status: EventsStatus): string {
  return CONNECTION_LABEL[status.connection];
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

/** Progress of a job to draw, or null: only what is still running has one. */
export function progressOf(event: EventRow): number | null {
  const running = event.status === 'in_progress' || event.status === 'pending';
  return running && event.progress !== undefined ? event.progress : null;
}
