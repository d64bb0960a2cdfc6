import {
  closeSync,
  existsSync,
  fdatasync,
  fsync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HostFiles } from '../../../wasm/host-files.ts';

const LOCK = 'lock';
const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);

/** Files of a hub in one folder, and the lock that keeps a second hub out. */
export interface NodeFiles extends HostFiles {
  /** Closes the files and gives the folder free. */
  close(): void;
}

/**
 * Opens (or makes) the folder.
 * @throws Error when another living process holds the folder; the message names it.
 */
export function openNodeFiles(folder: string): NodeFiles {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, LOCK);
  takeLock(folder, lock);
  const journals = join(folder, 'events');
  mkdirSync(journals, { recursive: true });
  syncFolder(folder);
  const path = (name: string) => join(journals, name);
  const { descriptor, forget, folderChanges, commit, close } = createDescriptors(journals, path);

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
      forget(from);
      forget(to);
      renameSync(path(from), path(to));
      folderChanges();
    },
    remove(name) {
      forget(name);
      rmSync(path(name), { force: true });
      folderChanges();
    },
    isLoaded: () => true,
    load: () => Promise.resolve(),
    unload() {},
    commit,
    close() {
      close();
      rmSync(lock, { force: true });
    },
  };
}

/** The files that are open for writing, and what of them is not on the disk yet. */
function createDescriptors(folder: string, path: (name: string) => string) {
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
    /** Of a file that is going to change; made when it is missing. */
    descriptor(name: string): number {
      let fd = open.get(name);
      if (fd === undefined) {
        folderChanged ||= !existsSync(path(name));
        fd = openSync(path(name), 'a+');
        open.set(name, fd);
      }
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
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function takeLock(folder: string, lock: string): void {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(lock, `${process.pid}\n${startOf(process.pid)}\n`, { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [holder, started] = readFileSync(lock, 'utf8').split('\n');
    if (isRunning(Number(holder), started ?? '')) {
      throw new Error(
        `${folder} is used by the hub with process id ${holder}: stop that one first`,
      );
    }
    rmSync(lock, { force: true }); // left behind by a hub that was killed
  }
}

/** A process id alone may have gone to another process since, for example after a reboot. */
function isRunning(pid: number, started: string): boolean {
  if (!(pid > 0) || pid === process.pid || !isAlive(pid)) return false;
  return started === '' || startOf(pid) === started;
}

/** When a process started, in the ticks of Linux's /proc; empty where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
