import type { Glue } from '#glue';
import type { FileRecord, Sizes } from './idb-records.ts';
import { existing, joined } from './memory-files.ts';
import { StorageProblem } from './storage-problem.ts';

/** What IDBFS gives every file: a regular one, readable and writable by all. */
const FILE_MODE = 0o100666;

/** The files of one database as they are in memory. Missing files are errors that name them. */
export interface Part {
  list(): string[];
  size(name: string): number;
  isLoaded(name: string): boolean;
  read(name: string, offset: number, length: number): Uint8Array;
  append(name: string, bytes: Uint8Array): void;
  truncate(name: string, length: number): void;
  write(name: string, bytes: Uint8Array): void;
  remove(name: string): void;
  /** What to store of a file: a copy; null when it is gone. */
  record(name: string): FileRecord | null;
  /** To be stored beside the records; null where nothing of the kind is needed. */
  sizes(): Sizes | null;
  /** Brings contents in, as they were stored. */
  fill(name: string, contents: Uint8Array): void;
  /** Their contents are stored, so they may leave memory. */
  unload(names: readonly string[]): void;
  /** Forgets the files whose contents are not in memory, and says which. */
  dropUnloaded(): string[];
}

/** Files in the mount of IDBFS at `folder`: always in memory. */
export function mountedPart({ FS }: Glue, folder: string): Part {
  const path = (name: string) => `${folder}/${name}`;
  const exists = (name: string) => FS.analyzePath(path(name)).exists;
  const list = () => FS.readdir(folder).filter((name) => name !== '.' && name !== '..');
  // Also of a session whose clock was ahead of this one's.
  let lastTime = Math.max(0, ...list().map((name) => FS.stat(path(name)).mtime.getTime()));
  // IDBFS tells changed files by their time alone: it must grow with every write.
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
    size: (name) => (exists(name) ? FS.stat(path(name)).size : -1),
    isLoaded: exists,
    read(name, offset, length) {
      existing(exists(name) || undefined, name);
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
      existing(exists(name) || undefined, name);
      FS.truncate(path(name), length);
      touch(name);
    },
    remove(name) {
      if (exists(name)) FS.unlink(path(name));
    },
    record(name) {
      if (!exists(name)) return null;
      const { mtime, mode } = FS.stat(path(name));
      return { timestamp: mtime, mode, contents: FS.readFile(path(name)) };
    },
    sizes: () => null,
    fill() {},
    unload() {},
    dropUnloaded: () => [],
  };
}

/** Files of which only names and sizes are always in memory. `known` are those that are stored. */
export function coldPart(known: Sizes): Part {
  const sizes = new Map(Object.entries(known));
  const loaded = new Map<string, Uint8Array>(); // arrays are replaced, never changed
  const get = (name: string) => {
    existing(sizes.get(name), name);
    const bytes = loaded.get(name);
    if (!bytes) throw new Error(`${name}: its content is not in memory: load it first`);
    return bytes;
  };
  const set = (name: string, bytes: Uint8Array) => {
    loaded.set(name, bytes);
    sizes.set(name, bytes.length);
  };
  const remove = (name: string) => {
    loaded.delete(name);
    sizes.delete(name);
  };
  return {
    list: () => [...sizes.keys()],
    size: (name) => sizes.get(name) ?? -1,
    isLoaded: (name) => loaded.has(name),
    read: (name, offset, length) => get(name).slice(offset, offset + length),
    append: (name, bytes) => set(name, joined(sizes.has(name) ? get(name) : undefined, bytes)),
    write: (name, bytes) => set(name, bytes.slice()),
    truncate: (name, length) => set(name, get(name).slice(0, length)),
    remove,
    record: (name) =>
      sizes.has(name) ? { timestamp: new Date(), mode: FILE_MODE, contents: get(name) } : null,
    sizes: () => Object.fromEntries(sizes),
    fill: set,
    unload(names) {
      for (const name of names) loaded.delete(name);
    },
    dropUnloaded() {
      const gone = [...sizes.keys()].filter((name) => !loaded.has(name));
      gone.forEach(remove);
      return gone;
    },
  };
}

/** @throws StorageProblem `lost`, naming the files, when there are any. */
export function refuseLost(names: readonly string[]): void {
  if (names.length === 0) return;
  const shown = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
  const text = `IndexedDB has lost ${names.length} files that were not in memory (${shown})`;
  throw new StorageProblem('lost', text);
}
