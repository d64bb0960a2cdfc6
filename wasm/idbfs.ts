import type { HostFiles } from './host-files.ts';
import type { Glue } from '#glue';

/** Longest wait for IndexedDB to open, in milliseconds: some private modes never answer. */
const MOUNT_TIMEOUT_MS = 10_000;

/**
 * Mounts an IndexedDB database through Emscripten's IDBFS and loads it. Only one worker may have a
 * database mounted: a second one's sync would delete the first one's files.
 * @throws Error when IndexedDB is missing, blocked or does not answer.
 */
export async function mountIdbfs(glue: Glue, database: string): Promise<HostFiles> {
  const { FS, IDBFS } = glue;
  const folder = `/cuesheet/${encodeURIComponent(database)}`;
  FS.mkdirTree(folder);
  FS.mount(IDBFS, {}, folder);
  const connections = (IDBFS as unknown as { dbs: Record<string, IDBDatabase> }).dbs;
  const sync = (populate: boolean) =>
    new Promise<void>((resolve, reject) => {
      FS.syncfs(populate, (error: unknown) => (error ? reject(asError(error)) : resolve()));
    });
  await withTimeout(sync(true), MOUNT_TIMEOUT_MS, 'IndexedDB does not answer');

  const path = (name: string) => `${folder}/${name}`;
  const list = () => FS.readdir(folder).filter((name) => name !== '.' && name !== '..');
  // Also of a session whose clock was ahead of this one's.
  let lastTime = Math.max(0, ...list().map((name) => FS.stat(path(name)).mtime.getTime()));
  // syncfs tells changed files by their time alone: it must grow with every write.
  const touch = (name: string) => {
    lastTime = Math.max(Date.now(), lastTime + 1);
    FS.utime(path(name), lastTime, lastTime);
  };
  const writeAt = (name: string, flags: string, bytes: Uint8Array) => {
    const stream = FS.open(path(name), flags);
    try {
      FS.write(stream, bytes, 0, bytes.length);
    } finally {
      FS.close(stream);
    }
    touch(name);
  };
  return {
    list,
    size: (name) => (FS.analyzePath(path(name)).exists ? FS.stat(path(name)).size : -1),
    read(name, offset, length) {
      const stream = FS.open(path(name), 'r');
      try {
        const bytes = new Uint8Array(length);
        return bytes.subarray(0, FS.read(stream, bytes, 0, length, offset));
      } finally {
        FS.close(stream);
      }
    },
    append: (name, bytes) => writeAt(name, 'a', bytes),
    write: (name, bytes) => writeAt(name, 'w', bytes),
    truncate(name, length) {
      FS.truncate(path(name), length);
      touch(name);
    },
    rename(from, to) {
      FS.rename(path(from), path(to));
      touch(to);
    },
    remove: (name) => FS.unlink(path(name)),
    isLoaded: () => true,
    load: () => Promise.resolve(),
    unload() {},
    async commit() {
      try {
        await sync(false);
      } catch (error) {
        // IDBFS keeps a connection that the browser has closed (the user cleared the site's data,
        // say) for ever. Without it the next sync opens a new one and writes what is missing.
        connections[folder]?.close();
        delete connections[folder];
        if ((error as Error).name !== 'InvalidStateError') throw error;
        await sync(false);
      }
    },
  };
}

/** Files that live as long as the worker: for when there is no IndexedDB. */
export function memoryFiles(): HostFiles {
  const files = new Map<string, Uint8Array>();
  const get = (name: string) => files.get(name) ?? new Uint8Array();
  return {
    list: () => [...files.keys()],
    size: (name) => files.get(name)?.length ?? -1,
    read: (name, offset, length) => get(name).slice(offset, offset + length),
    append(name, bytes) {
      const old = get(name);
      const grown = new Uint8Array(old.length + bytes.length);
      grown.set(old);
      grown.set(bytes, old.length);
      files.set(name, grown);
    },
    truncate: (name, length) => void files.set(name, get(name).slice(0, length)),
    write: (name, bytes) => void files.set(name, bytes.slice()),
    rename(from, to) {
      files.set(to, get(from));
      files.delete(from);
    },
    remove: (name) => void files.delete(name),
    isLoaded: () => true,
    load: () => Promise.resolve(),
    unload() {},
    commit: () => Promise.resolve(),
  };
}

function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  return new Error(String((error as { message?: string }).message ?? error));
}

function withTimeout<T>(work: Promise<T>, limitMs: number, message: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), limitMs);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
