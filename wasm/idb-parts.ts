import type { FileSystems } from './border.ts';
import type { FileRecord, Sizes } from './idb-records.ts';
import { existing, joined } from './memory-files.ts';
import { StorageProblem } from './storage-problem.ts';

/** What IDBFS gives every file: a regular one, readable and writable by all. */
const FILE_MODE = 0o100666;

/** The part of one database's files that is in memory. Missing files are errors that name them. */
export interface Part {
  list(): string[];
  size(name: string): number;
  isLoaded(name: string): boolean;
  read(name: string, offset: number, length: number): Uint8Array;
  append(name: string, bytes: Uint8Array): void;
  truncate(name: string, length: number): void;
  write(name: string, bytes: Uint8Array): void;
  remove(name: string): void;
  /** What to store of a file: a copy; null when it was removed. */
  record(name: string): FileRecord | null;
  /** The sizes to store beside the records; null where none are needed. */
  sizes(): Sizes | null;
  /** Takes in stored contents. */
  fill(name: string, contents: Uint8Array): void;
  /** Their contents are stored, so they may leave memory. */
  unload(names: readonly string[]): void;
  /** Forgets the files whose contents are not in memory, and returns their names. */
  dropUnloaded(): string[];
}

/** From where FS.llseek counts. */
const SEEK_END = 2;

/** Files in the mount of IDBFS at `folder`: always in memory. */
export function mountedPart({ FS }: FileSystems, folder: string): Part {
  const path = (name: string) => `${folder}/${name}`;
  // A path is looked up once: a commit appends to a file and reads it whole.
  const streams = new Map<string, FS.FSStream>();
  const list = () => FS.readdir(folder).filter((name) => name !== '.' && name !== '..');
  const open = (name: string, flags: string) => {
    const stream = FS.open(path(name), flags);
    streams.set(name, stream);
    return stream;
  };
  const find = (name: string) =>
    streams.get(name) ?? (FS.analyzePath(path(name)).exists ? open(name, 'r+') : undefined);
  const get = (name: string) => existing(find(name), name);
  const sizeOf = (stream: FS.FSStream) => FS.llseek(stream, 0, SEEK_END);
  const read = (stream: FS.FSStream, offset: number, length: number) => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, sizeOf(stream) - offset)));
    FS.read(stream, bytes, 0, bytes.length, offset);
    return bytes;
  };
  const append = (name: string, bytes: Uint8Array) => {
    const stream = find(name) ?? open(name, 'w+');
    FS.write(stream, bytes, 0, bytes.length, sizeOf(stream));
  };
  // IDBFS recognises changed files by their time alone. So the time must grow with every record, also
  // beyond the times of an earlier session whose clock was ahead, and be the time of the file here.
  let lastTime = Math.max(0, ...list().map((name) => FS.stat(path(name)).mtime.getTime()));
  const stamp = (name: string) => {
    lastTime = Math.max(Date.now(), lastTime + 1);
    FS.utime(path(name), lastTime, lastTime);
    return new Date(lastTime);
  };
  return {
    list,
    size(name) {
      const stream = find(name);
      return stream ? sizeOf(stream) : -1;
    },
    isLoaded: (name) => find(name) !== undefined,
    read: (name, offset, length) => read(get(name), offset, length),
    append,
    write(name, bytes) {
      if (find(name)) FS.truncate(path(name), 0);
      append(name, bytes);
    },
    truncate(name, length) {
      get(name);
      FS.truncate(path(name), length);
    },
    remove(name) {
      const stream = find(name);
      if (!stream) return;
      FS.close(stream);
      streams.delete(name);
      FS.unlink(path(name));
    },
    record(name) {
      const stream = find(name);
      if (!stream) return null;
      const contents = read(stream, 0, sizeOf(stream));
      return { timestamp: stamp(name), mode: FILE_MODE, contents };
    },
    sizes: () => null,
    fill() {},
    unload() {},
    dropUnloaded: () => [],
  };
}

/** Files whose contents are loaded on demand; names and sizes are always in memory. `known` are stored. */
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
