import type { HostFiles } from '../../wasm/host-files.ts';
import { randomHex } from './users.ts';

/** Not a file of the core, which leaves unknown names alone. */
const FILE = 'store-id';
const LENGTH = 32;

/**
 * The id by which a client of the change feed notices that it talks to another store: 32 hex digits,
 * made when there is none, and made again when something was lost, because sequences may then mean other
 * changes. It is durable with the next commit. If a crash undoes it, clients begin again.
 */
export function readStoreId(files: HostFiles, isLossy: boolean): string {
  if (!isLossy && files.size(FILE) === LENGTH) {
    return new TextDecoder().decode(files.read(FILE, 0, LENGTH));
  }
  const id = randomHex(LENGTH / 2);
  files.write(FILE, new TextEncoder().encode(id));
  return id;
}
