import type { SavingStep } from '../../wasm/commit-loop.ts';
import type { Log } from './log.ts';
import type { Figures } from './operation-routes.ts';

/** How the commits and checkpoints of a hub end, for its log, `/healthz` and `/metrics`. */
export interface Saving {
  /** To be called after each; null = it succeeded. */
  ended(step: SavingStep, error: Error | null): void;
  /** Whether the last commit succeeded. */
  isSaving(): boolean;
  figures(): Figures;
}

const FAILED: Readonly<Record<SavingStep, string>> = {
  commit: 'saving failed, will try again',
  checkpoint:
    'no checkpoint could be written, will try again; all events are saved, but the journal grows',
};
const SUCCEEDED: Readonly<Record<SavingStep, string>> = {
  commit: 'saving succeeds again',
  checkpoint: 'a checkpoint was written again',
};

/** What a write is answered whose commit failed because of that. */
export const DISK_FULL = 'The disk is full: this is not saved yet, and is tried again';

/** The codes of a full disk, a full share of it, and a full database of a Durable Object. */
const FULL = /\b(?:ENOSPC|EDQUOT|SQLITE_FULL)\b/;

/** Whether a commit failed because there is no space. Errors that have come through the core have only a text. */
export function isDiskFull(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return FULL.test(`${code} ${message}`);
}

/** Logs a step that fails once, until it succeeds: both are tried again and again. */
export function createSaving(log: Log): Saving {
  const failures: Record<SavingStep, number> = { commit: 0, checkpoint: 0 };
  const failing = new Set<SavingStep>();
  return {
    ended(step, error) {
      if (error) failures[step]++;
      if ((error !== null) === failing.has(step)) return;
      if (error) {
        failing.add(step);
        log('error', `${FAILED[step]}: ${error.message}`);
      } else {
        failing.delete(step);
        log('info', SUCCEEDED[step]);
      }
    },
    isSaving: () => !failing.has('commit'),
    figures: () => ({
      commits_failed_total: failures.commit,
      checkpoints_failed_total: failures.checkpoint,
    }),
  };
}
