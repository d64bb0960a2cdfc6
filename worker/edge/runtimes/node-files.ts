import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fdatasync,
  fsync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HostFiles } from '../../../wasm/host-files.ts';
import { type FolderLock, type LockOptions, lockFolder } from './folder-lock.ts';

export type { LockOptions } from './folder-lock.ts';

const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);

/**
 * Files of a hub in one folder, and the lock that keeps a second hub out. When another process has taken the folder
 * all the same, because this one was stopped or cut off for a while, every change and every commit throws.
 */
export interface NodeFiles extends HostFiles {
  /** @throws Error when another process holds the folder, or when that cannot be told. */
  assertHeld(): void;
  /** Closes the files and releases the folder. */
  close(): void;
}

/**
 * Opens (or makes) the folder. When its holder is in another container or on another machine, this waits for at most
 * 10 s to see whether it runs.
 * @throws Error when another living process holds the folder; the message names it.
 */
export async function openNodeFiles(folder: string, options: LockOptions = {}): Promise<NodeFiles> {
  mkdirSync(folder, { recursive: true });
  const lock = await lockFolder(folder, options);
  const journals = join(folder, 'events');
  mkdirSync(journals, { recursive: true });
  if (lock.isContested) replaceFiles(folder, journals, lock);
  lock.complete();
  syncFolder(folder);
  return filesIn(journals, lock);
}

function filesIn(journals: string, lock: FolderLock): NodeFiles {
  const path = (name: string) => join(journals, name);
  const { assertHeld } = lock;
  const { descriptor, forget, folderChanges, commit, close } = createDescriptors(
    journals,
    path,
    assertHeld,
  );

  return {
    list: () => readdirSync(journals),
    size: (name) => (existsSync(path(name)) ? statSync(path(name)).size : -1),
    read(name, offset, length) {
      const bytes = new Uint8Array(length);
      const fd = openSync(path(name), 'r');
      try {
        return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
      } finally {
        closeSync(fd);
      }
    },
    append(name, bytes) {
      const fd = descriptor(name);
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    },
    truncate(name, length) {
      if (!existsSync(path(name))) throw new Error(`${name}: no such file`);
      ftruncateSync(descriptor(name), length);
    },
    write(name, bytes) {
      forget(name);
      ftruncateSync(descriptor(name), 0);
      this.append(name, bytes);
    },
    rename(from, to) {
      assertHeld();
      forget(from);
      forget(to);
      renameSync(path(from), path(to));
      folderChanges();
    },
    remove(name) {
      assertHeld();
      forget(name);
      rmSync(path(name), { force: true });
      folderChanges();
    },
    isLoaded: () => true,
    load: () => Promise.resolve(),
    unload() {},
    async commit() {
      await commit();
      // Now: what is durable and was still ours is what a successor finds, because it opens the files later.
      assertHeld();
    },
    assertHeld,
    close() {
      close();
      lock.release();
    },
  };
}

/**
 * Puts a copy in the place of each file that the former holder may still write to: the last of each kind, and those
 * without a number. Should it run after all, then what it writes by its open descriptors goes to the old files, which
 * have no name any more.
 */
function replaceFiles(folder: string, journals: string, lock: FolderLock): void {
  const last = new Map<string, string>();
  const entries = readdirSync(journals, { withFileTypes: true }).filter((entry) => entry.isFile());
  for (const name of entries.map((entry) => entry.name).sort()) {
    last.set(name.replace(/-\d+$/, ''), name);
  }
  const copy = join(folder, `lock.${lock.token}.copy`);
  for (const name of last.values()) {
    copyFileSync(join(journals, name), copy, constants.COPYFILE_FICLONE);
    syncFile(copy);
    lock.assertHeld();
    renameSync(copy, join(journals, name));
  }
  syncFolder(journals);
}

/** The files that are open for writing, and their changes that are not on the disk yet. */
function createDescriptors(folder: string, path: (name: string) => string, assertHeld: () => void) {
  const folderFd = openSync(folder, 'r');
  const open = new Map<string, number>();
  const changed = new Set<number>();
  let folderChanged = false;

  function forget(name: string): void {
    const fd = open.get(name);
    if (fd === undefined) return;
    open.delete(name);
    changed.delete(fd);
    closeSync(fd);
  }

  return {
    forget,
    /**
     * The descriptor of a file that will change; makes a missing file. It was opened before the folder was found to
     * be held: a process that is stopped at this point, and goes on under another holder, has the file of before.
     */
    descriptor(name: string): number {
      let fd = open.get(name);
      if (fd === undefined) {
        assertHeld();
        folderChanged ||= !existsSync(path(name));
        fd = openSync(path(name), 'a+');
        open.set(name, fd);
      }
      assertHeld();
      changed.add(fd);
      return fd;
    },
    folderChanges() {
      folderChanged = true;
    },
    async commit(): Promise<void> {
      const files = [...changed];
      changed.clear();
      try {
        await Promise.all(files.map((fd) => syncData(fd)));
      } catch (error) {
        for (const fd of files) changed.add(fd);
        throw error;
      }
      if (!folderChanged) return;
      folderChanged = false;
      try {
        await syncAll(folderFd);
      } catch (error) {
        folderChanged = true;
        throw error;
      }
    },
    close(): void {
      for (const name of [...open.keys()]) forget(name);
      closeSync(folderFd);
    },
  };
}

/** A new or renamed file survives a power cut only when its folder is synced too. */
export function syncFolder(folder: string): void {
  syncFile(folder);
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
