import { entropy } from '../../wasm/entropy.ts';
import { createConnections, type PagePort } from './connection.ts';
import { holdLock, webLocks, workerLock } from './locks.ts';
import { isCrash } from './worker-error.ts';

/** The scope of a SharedWorker, which serves many pages, or of the dedicated worker of one. */
const scope = self as unknown as PagePort & {
  onconnect?: ((event: MessageEvent) => void) | null;
  onerror: (event: string, ...more: unknown[]) => void;
  close(): void;
};

async function holdOwnLock(): Promise<string | null> {
  const all = await locks;
  if (!all) return null;
  const name = workerLock(entropy());
  await holdLock(all, name);
  return name;
}

const locks = webLocks();
const serve = createConnections(locks, holdOwnLock());
if ('onconnect' in scope) scope.onconnect = ({ ports }) => serve(ports[0] as unknown as PagePort);
else serve(scope);

// The core has crashed. The pages notice that this worker has ended, and start the next one.
scope.onerror = (_event, _file, _line, _column, error) => {
  if (isCrash(error)) scope.close();
};
