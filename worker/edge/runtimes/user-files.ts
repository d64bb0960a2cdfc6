import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SessionStorage } from '../credentials.ts';
import { syncFolder } from './node-files.ts';
import { hashPassword, hashSecret, parseUsers, randomHex, type UserRecord } from '../users.ts';

/**
 * The users of `file`, or without one the two users of the data folder, made at the first start.
 * @throws Error that names the file, the entry and the field.
 */
export async function loadUsers(folder: string, file: string | undefined): Promise<UserRecord[]> {
  const own = join(folder, 'users.json');
  const path = file ?? own;
  if (file === undefined && !existsSync(own)) return makeUsers(own);
  try {
    return await parseUsers(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`users file ${path}: ${(error as Error).message}`);
  }
}

/** An admin and a service with random keys: shown once, kept as hashes. */
async function makeUsers(path: string): Promise<UserRecord[]> {
  const key = randomHex(16);
  const password = randomHex(8);
  const users: UserRecord[] = [
    { name: 'admin', passwordHash: await hashPassword(password), data: { isAdmin: true } },
    { name: 'service', apiKeyHash: hashSecret(key), data: { isService: true } },
  ];
  writePrivate(path, JSON.stringify(users, null, 2));
  console.log('made two users; their secrets are shown this once:');
  console.log(`  admin    password ${password}`);
  console.log(`  service  API key  ${key}`);
  return users;
}

/** Sessions in a file that only its owner may read. `assertHeld` throws when another hub has the folder. */
export function fileSessions(path: string, assertHeld: () => void = () => {}): SessionStorage {
  return {
    load: () => (existsSync(path) ? readFileSync(path, 'utf8') : null),
    save: (text) => writePrivate(path, text, assertHeld),
  };
}

/**
 * Replaces a file as a whole: a crash leaves the old one or the new one. Who takes the folder removes new ones that
 * are not in place yet (`folder-lock.ts`), so that a former holder that wakes up cannot put its own there.
 */
function writePrivate(path: string, text: string, assertHeld: () => void = () => {}): void {
  const next = `${path}.${randomHex(8)}.new`;
  try {
    const fd = openSync(next, 'wx', 0o600);
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    assertHeld();
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** A changed file is read when it has not changed again for this long, in milliseconds. */
const QUIET_MS = 200;
/** But at the latest this long after its first change. */
const MAX_WAIT_MS = 2000;

/**
 * Calls `changed` after the file was written or replaced. Watches its folder, because editors replace the
 * old file with a new one. Returns the function that ends it.
 */
export function watchFile(path: string, changed: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let first: number | null = null;
  const read = () => {
    first = null;
    changed();
  };
  const watcher = watch(dirname(path), { persistent: false }, (_, name) => {
    if (name !== null && name !== basename(path)) return;
    first ??= Date.now();
    clearTimeout(timer);
    const left = Math.max(0, first + MAX_WAIT_MS - Date.now());
    timer = setTimeout(read, Math.min(QUIET_MS, left));
  });
  watcher.on('error', () => {}); // the folder was removed; SIGHUP still works
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
