import type { HostFiles } from './host-files.ts';

/** Files that live as long as the worker, where there is no IndexedDB. */
export function memoryFiles(): HostFiles {
  const files = new Map<string, Uint8Array>();
  const get = (name: string) => existing(files.get(name), name);
  return {
    list: () => [...files.keys()],
    size: (name) => files.get(name)?.length ?? -1,
    read: (name, offset, length) => get(name).slice(offset, offset + length),
    append: (name, bytes) => void files.set(name, joined(files.get(name), bytes)),
    truncate: (name, length) => void files.set(name, get(name).slice(0, length)),
    write: (name, bytes) => void files.set(name, bytes.slice()),
    rename(from, to) {
      const bytes = get(from);
      files.delete(from);
      files.set(to, bytes);
    },
    remove: (name) => void files.delete(name),
    isLoaded: () => true,
    load: () => Promise.resolve(),
    unload() {},
    commit: () => Promise.resolve(),
  };
}

/** @throws Error naming the file when there is none. */
export function existing<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new Error(`${name}: no such file`);
  return found;
}

/** A new array of both. */
export function joined(old: Uint8Array | undefined, bytes: Uint8Array): Uint8Array {
  const grown = new Uint8Array((old?.length ?? 0) + bytes.length);
  if (old) grown.set(old);
  grown.set(bytes, old?.length ?? 0);
  return grown;
}
