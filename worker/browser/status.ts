import type { CoreStore } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
import type { Status } from './protocol.ts';
import type { Post } from './workplace.ts';

/** Pages hear of the status at most this often, in milliseconds. */
const STATUS_MS = 16;

/** The core's answer to `status` (docs/border.md). */
interface StatusReport {
  events: number;
  sequence: number;
  pendingBytes: number;
  queuedWrites: number;
  refusedWrites: number;
  history: number | null;
}

/** The status of a session, told to its pages when it is another one. */
export interface StatusTeller {
  read(): Status;
  /** In a moment, with whatever else changes until then. */
  tell(): void;
  tellNow(): void;
}

/** `around` gives what the core does not know. */
export function createStatus(
  store: CoreStore,
  pages: Map<string, Post>,
  around: () => Pick<Status, 'connection' | 'storage' | 'problem' | 'message'>,
): StatusTeller {
  let last = '';
  let waiting = false;

  function read(): Status {
    const report = store.call<StatusReport>(Method.status).header;
    return {
      ...around(),
      saving: report.pendingBytes > 0,
      queuedWrites: report.queuedWrites,
      refusedWrites: report.refusedWrites,
      history: report.history,
      events: report.events,
      sequence: report.sequence,
    };
  }

  function tellNow() {
    const now = read();
    const text = JSON.stringify(now);
    if (text === last) return;
    last = text;
    for (const post of pages.values()) post({ status: now });
  }

  function tell() {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      tellNow();
    }, STATUS_MS);
  }

  return { read, tell, tellNow };
}
