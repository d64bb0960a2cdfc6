import type { HostFiles } from '../../../wasm/host-files.ts';
import { existing, joined } from '../../../wasm/memory-files.ts';
import type { ObjectStorage } from './cloudflare-api.ts';

/** A row may have 2 MB; a file is cut into rows of at most this. */
const CHUNK_BYTES = 1 << 20;
/** An append rewrites the last row up to this size, and begins a new one beyond it. */
const GROWING_BYTES = 16 << 10;

interface File {
  id: number;
  size: number;
  /** The last row while it may still grow; undefined = not read yet, or full. */
  tail?: Uint8Array | undefined;
}

/** Runs a statement; its rows. */
type Run = (query: string, ...bindings: unknown[]) => Record<string, unknown>[];

/**
 * Files in the SQLite storage of a Durable Object. Every change is one transaction; `commit` resolves
 * when all of them are durable, as the output gate of the object would have it too.
 */
export function objectFiles(storage: ObjectStorage): HostFiles {
  const run: Run = (query, ...bindings) => storage.sql.exec(query, ...bindings).toArray();
  const files = openTables(run);
  const { chunkAt, put, drop } = createChunks(run);
  const get = (name: string) => existing(files.get(name), name);

  /** As `put`, and makes the file when it is missing. What throws has changed nothing. */
  function replace(name: string, start: number, bytes: Uint8Array): void {
    const old = files.get(name);
    const file = storage.transactionSync((): File => {
      const insert = 'INSERT INTO files (name, size) VALUES (?, 0) RETURNING id';
      const id = old?.id ?? (run(insert, name)[0]?.['id'] as number);
      const last = put(id, start, bytes);
      const tail = last.length < GROWING_BYTES ? last.slice() : undefined;
      return { id, size: start + bytes.length, tail };
    });
    files.set(name, file);
  }

  return {
    list: () => [...files.keys()],
    size: (name) => files.get(name)?.size ?? -1,
    isLoaded: () => true,
    load: () => Promise.resolve(),
    unload() {},
    /** What one row has of it, without a copy; the caller asks again for the rest. */
    read(name, offset, length) {
      const file = get(name);
      if (offset >= file.size || length === 0) return new Uint8Array();
      const { start, bytes } = chunkAt(file, offset);
      return bytes.subarray(offset - start, offset - start + length);
    },
    append(name, bytes) {
      const { size = 0, tail } = files.get(name) ?? {};
      replace(name, size - (tail?.length ?? 0), joined(tail, bytes));
    },
    truncate(name, length) {
      const file = get(name);
      if (length >= file.size) return;
      const { start, bytes } = chunkAt(file, length);
      replace(name, start, bytes.subarray(0, length - start));
    },
    write: (name, bytes) => replace(name, 0, bytes),
    rename(from, to) {
      const file = get(from);
      const other = files.get(to);
      if (other === file) return;
      storage.transactionSync(() => {
        if (other) drop(other.id);
        run('UPDATE files SET name = ? WHERE id = ?', to, file.id);
      });
      files.delete(from);
      files.set(to, file);
    },
    remove(name) {
      const file = files.get(name);
      if (!file) return;
      storage.transactionSync(() => drop(file.id));
      files.delete(name);
    },
    commit: () => storage.sync(),
  };
}

/** Makes the tables, or reads what they hold. */
function openTables(run: Run): Map<string, File> {
  run(`CREATE TABLE IF NOT EXISTS files
    (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL)`);
  run(`CREATE TABLE IF NOT EXISTS chunks
    (file INTEGER NOT NULL, start INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (file, start))`);
  const rows = run('SELECT id, name, size FROM files');
  return new Map(
    rows.map(({ id, name, size }) => [name as string, { id: id as number, size: size as number }]),
  );
}

/** The rows that hold the bytes of files. */
function createChunks(run: Run) {
  return {
    /** The row that holds the byte at `offset`. */
    chunkAt(file: File, offset: number) {
      const query = 'SELECT start, bytes FROM chunks WHERE file = ? AND start <= ?';
      const [chunk] = run(`${query} ORDER BY start DESC LIMIT 1`, file.id, offset);
      return {
        start: chunk?.['start'] as number,
        bytes: new Uint8Array(chunk?.['bytes'] as ArrayBuffer),
      };
    },
    /** Cuts the file at `start` and goes on with `bytes`; returns what becomes its last row. */
    put(id: number, start: number, bytes: Uint8Array): Uint8Array {
      run('DELETE FROM chunks WHERE file = ? AND start >= ?', id, start);
      let last = bytes;
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        last = bytes.slice(at, at + CHUNK_BYTES);
        run(
          'INSERT INTO chunks (file, start, bytes) VALUES (?, ?, ?)',
          id,
          start + at,
          last.buffer,
        );
      }
      run('UPDATE files SET size = ? WHERE id = ?', start + bytes.length, id);
      return last;
    },
    drop(id: number): void {
      run('DELETE FROM chunks WHERE file = ?', id);
      run('DELETE FROM files WHERE id = ?', id);
    },
  };
}
