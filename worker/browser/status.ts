import type { CoreStore } from '../../wasm/load.ts';
import { Method } from '../../wasm/methods.ts';
import type { Status } from './protocol.ts';
import { reloadOfPage } from './versions.ts';
import type { Workplace } from './workplace.ts';

/** Pages get the status at most this often, in milliseconds. */
const STATUS_MS = 16;

/** The core's answer to `status` (docs/border.md). */
interface StatusReport {
  events: number;
  sequence: number;
  pendingBytes: number;
  queuedWrites: number;
  blockedWrites: number;
  refusedWrites: number;
  intercepted: string | null;
  heldWrites?: number; // not without a server
  history: number | null;
}

/** The status of a session, sent to its pages when it changes. */
export interface StatusTeller {
  read(): Status;
  /** Sends it in a moment, with everything that changes until then. */
  tell(): void;
  tellNow(): void;
}

/** `around` returns the members that the core does not have. */
export function createStatus(
  store: CoreStore,
  pages: Workplace['pages'],
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
      blockedWrites: report.blockedWrites ?? 0,
      refusedWrites: report.refusedWrites,
      intercepted: report.intercepted ?? null,
      heldWrites: report.heldWrites ?? 0,
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
    for (const { post, version } of pages.values()) post({ status: statusFor(now, version) });
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

/** The status of a page of this version. Pages of all versions show the message. */
export function statusFor(status: Status, version: number): Status {
  const reload = reloadOfPage(version);
  return reload === null ? status : { ...status, reload, message: status.message ?? reload };
}
