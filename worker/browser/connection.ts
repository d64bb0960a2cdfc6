import { entropy } from '../../wasm/entropy.ts';
import type { Guest } from './guest.ts';
import { pageLock, whenFree } from './locks.ts';
import { type Database, joinDatabase } from './ownership.ts';
import {
  type ErrorMessage,
  type FromWorker,
  isHello,
  isPing,
  isUnknownRequest,
  type OpenRequest,
  parseRequest,
  requestNumber,
  transferOf,
} from './protocol.ts';
import { PROTOCOL_VERSION, refusalOfOlderPage, versionOf } from './versions.ts';

/** The connection to a page: a MessagePort, or the scope of a dedicated worker. */
export interface PagePort {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void;
}

/** Serves every page that connects to this worker. `worker` is the lock that it holds. */
export function createConnections(
  allLocks: Promise<LockManager | null>,
  worker: Promise<string | null>,
): (port: PagePort) => void {
  const databases = new Map<string, Database>();

  function join(options: OpenRequest, locks: LockManager | null): Database {
    const known = databases.get(options.database);
    if (known) return known;
    const joined: Database = joinDatabase(options, locks, worker, () => {
      if (databases.get(options.database) === joined) databases.delete(options.database);
    });
    databases.set(options.database, joined);
    return joined;
  }

  return (port) => {
    let page = entropy();
    let version: number | null = null; // of the page; null = it has not said hello
    let guest: Guest | null = null;
    let leave = () => {};
    let closing: number | null = null;

    function post(message: FromWorker) {
      port.postMessage(message, transferOf(message));
      if ('reply' in message && message.reply === closing) leave();
    }

    function open(options: OpenRequest, locks: LockManager | null): Guest {
      const database = join(options, locks);
      leave = () => database.leave(page);
      if (locks) whenFree(locks, pageLock(page), leave);
      return database.join(page, post);
    }

    function receive(data: unknown, locks: LockManager | null) {
      if (isPing(data)) return post({ pong: true });
      if (isHello(data)) {
        if (!guest) page = data.page;
        version = versionOf(data);
        void worker.then((name) => post({ worker: name, version: PROTOCOL_VERSION }));
        return;
      }
      const message = parseRequest(data);
      if (!message) return post({ reply: requestNumber(data), error: refusalOf(data, version) });
      if (message.kind === 'open') guest ??= open(message.body as OpenRequest, locks);
      if (message.kind === 'close') closing = message.request;
      if (guest) return guest.ask(message);
      const error = { code: 'state', message: 'the first message must be "open"' } as const;
      post({ reply: message.request, error });
    }

    port.onmessage = ({ data }) => void allLocks.then((locks) => receive(data, locks));
  };
}

/** Why this is not answered: it is of an older page, or no request. */
function refusalOf(data: unknown, version: number | null): ErrorMessage {
  const isOlder = version !== null && version < PROTOCOL_VERSION;
  if (isOlder && isUnknownRequest(data)) return refusalOfOlderPage();
  const text = 'not a message of this package: load page and worker of the same version';
  return { code: 'invalid', message: text };
}
