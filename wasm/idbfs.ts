import type { FileSystems } from './border.ts';
import type { Durability, HostFiles } from './host-files.ts';
import { coldPart, mountedPart, type Part, refuseLost } from './idb-parts.ts';
import {
  createRecords,
  type Directory,
  type FileRecord,
  OPEN_TIMEOUT_MS,
  type Records,
  type Sizes,
} from './idb-records.ts';
import { existing } from './memory-files.ts';
import { asProblem, StorageProblem } from './storage-problem.ts';

/** Files that are written once and read on demand, also when they are set aside. */
const COLD = /^(lost-)?(block|payload)-/;

/** Files of a store in IndexedDB. `load` and `commit` reject with a StorageProblem. */
export interface IdbfsFiles extends HostFiles {
  /** Grows with every owner. A commit of an earlier owner is refused (`fenced`). */
  readonly epoch: number;
  /** Ends the connections. Uncommitted changes are lost; later commits are refused (`closed`). */
  close(): void;
}

/** The two databases of a store, claimed by a new owner: the previous owner is fenced from now on. */
export interface Claimed {
  hot: { folder: string; records: Records };
  cold: { folder: string; records: Records; sizes: Sizes };
  /** A sentence when the browser had to delete what was here before; else null. */
  dataLoss: string | null;
}

/**
 * Opens both databases of a store at once. Needs no wasm, so it can run while that loads.
 * @throws StorageProblem `unavailable` when IndexedDB is missing, blocked or does not answer.
 */
export async function claimDatabases(
  database: string,
  openTimeoutMs: number = OPEN_TIMEOUT_MS,
): Promise<Claimed> {
  const folder = `/cuesheet/${encodeURIComponent(database)}`;
  const hot = { folder, records: createRecords(folder, openTimeoutMs) };
  const cold = {
    folder: `${folder}/cold`,
    records: createRecords(`${folder}/cold`, openTimeoutMs),
  };
  const [found, directory] = await Promise.all([hot.records.claim(), cold.records.claim()]);
  const sizes = await sizesOf(cold.records, cold.folder, directory);
  const reason = found.dataLoss ?? directory.dataLoss;
  const dataLoss = reason && `the browser found its own files damaged and deleted them: ${reason}`;
  return { hot, cold: { ...cold, sizes }, dataLoss };
}

/** Reads the contents of files without a noted size: IDBFS itself stored them. */
async function sizesOf(
  records: Records,
  folder: string,
  { paths, sizes }: Directory,
): Promise<Sizes> {
  const unknown = paths.filter((path) => sizes?.[nameOf(path, folder)] === undefined);
  const contents = unknown.length > 0 ? await records.read(unknown) : [];
  const read = new Map(unknown.map((path, index) => [path, contents[index]?.length]));
  return Object.fromEntries(
    paths.map((path) => {
      const name = nameOf(path, folder);
      return [name, read.get(path) ?? sizes?.[name] ?? 0];
    }),
  );
}

const nameOf = (path: string, folder: string) => path.slice(folder.length + 1);

/**
 * Mounts the first database through Emscripten's IDBFS and loads it; the contents of the second one
 * are read on demand. Commits write the records themselves (docs/storage.md, In the browser).
 * @throws StorageProblem `unavailable` when IndexedDB does not answer.
 */
export async function mountIdbfs(
  fileSystems: FileSystems,
  { hot, cold }: Claimed,
): Promise<IdbfsFiles> {
  await populate(fileSystems, hot.folder, hot.records);
  const hotStore = storedPart(mountedPart(fileSystems, hot.folder), hot.folder, hot.records);
  const coldStore = storedPart(coldPart(cold.sizes), cold.folder, cold.records);
  const at = (name: string) => (COLD.test(name) ? coldStore : hotStore);
  const change = (name: string, work: (part: Part) => void) => at(name).change(name, work);
  const write = (name: string, bytes: Uint8Array) =>
    change(name, (part) => part.write(name, bytes));
  const remove = (name: string) => change(name, (part) => part.remove(name));
  let last: Promise<unknown> = Promise.resolve();

  async function commit(durability: Durability): Promise<void> {
    await coldStore.save(durability);
    await hotStore.save(durability);
  }

  return {
    get epoch() {
      return hot.records.epoch;
    },
    list: () => [...hotStore.part.list(), ...coldStore.part.list()],
    size: (name) => at(name).part.size(name),
    isLoaded: (name) => at(name).part.isLoaded(name),
    read: (name, offset, length) => at(name).part.read(name, offset, length),
    append: (name, bytes) => change(name, (part) => part.append(name, bytes)),
    truncate: (name, length) => change(name, (part) => part.truncate(name, length)),
    write,
    remove,
    rename(from, to) {
      // By content, because the two names may belong to different databases.
      const size = at(from).part.size(from);
      existing(size < 0 ? undefined : size, from);
      write(to, at(from).part.read(from, 0, size));
      remove(from);
    },
    load: (names) => coldStore.load(names.filter((name) => COLD.test(name))),
    unload: (names) => coldStore.unload(names),
    commit(durability) {
      const next = last.then(() => commit(durability));
      last = next.catch(() => {});
      return next;
    },
    close() {
      hot.records.close();
      cold.records.close();
    },
  };
}

async function populate(
  { FS, IDBFS }: FileSystems,
  folder: string,
  records: Records,
): Promise<void> {
  FS.mkdirTree(folder);
  const { mount } = FS.mount(IDBFS, {}, folder) as FS.FSNode;
  const idbfs = IDBFS as unknown as {
    dbs: Record<string, IDBDatabase>;
    syncfs(mount: FS.Mount, populate: boolean, done: (error: unknown) => void): void;
  };
  const connection = records.connection();
  if (connection) idbfs.dbs[folder] = connection; // one connection is enough
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new StorageProblem('unavailable', 'IndexedDB does not answer'));
    }, OPEN_TIMEOUT_MS);
    idbfs.syncfs(mount, true, (error) => {
      clearTimeout(timer);
      if (error) reject(asProblem(error));
      else resolve();
    });
  });
  delete idbfs.dbs[folder]; // `records` opens and closes it
}

interface StoredPart {
  part: Part;
  /** Changes a file and notes the change. */
  change(name: string, work: (part: Part) => void): void;
  load(names: readonly string[]): Promise<void>;
  unload(names: readonly string[]): void;
  save(durability: Durability): Promise<void>;
}

/** Which files of a part are stored, and which are not yet. */
function storedPart(part: Part, folder: string, records: Records): StoredPart {
  const changed = new Set<string>(); // also removed files
  let writing = new Set<string>();
  let isRelaxed = false; // a strict commit has something to flush

  const unload = (names: readonly string[]) =>
    part.unload(names.filter((name) => !changed.has(name) && !writing.has(name)));

  async function save(durability: Durability): Promise<void> {
    const mustFlush = durability === 'strict' && isRelaxed;
    if (changed.size === 0 && !records.interrupted && !mustFlush) return;
    const files = new Map<string, FileRecord | null>();
    writing = new Set(changed);
    for (const name of writing) files.set(`${folder}/${name}`, part.record(name));
    changed.clear();
    try {
      await records.write(files, part.sizes(), durability);
      isRelaxed = durability === 'relaxed';
    } catch (error) {
      for (const name of writing) changed.add(name);
      throw error;
    } finally {
      writing = new Set();
    }
    unload([...files.keys()].map((path) => nameOf(path, folder)));
  }

  /** Makes a deleted database again from everything in memory. */
  async function restore(durability: Durability): Promise<void> {
    await records.claim('deleted');
    const gone = part.dropUnloaded();
    for (const name of part.list()) changed.add(name);
    await save(durability);
    refuseLost(gone);
  }

  return {
    part,
    change(name, work) {
      work(part);
      changed.add(name);
    },
    async load(names) {
      const wanted = names.filter((name) => part.size(name) >= 0 && !part.isLoaded(name));
      if (wanted.length === 0) return;
      const contents = await records.read(wanted.map((name) => `${folder}/${name}`));
      const gone = wanted.filter((name, index) => {
        const bytes = contents[index];
        if (bytes && !part.isLoaded(name)) part.fill(name, bytes);
        return !bytes;
      });
      refuseLost(gone);
    },
    unload,
    async save(durability) {
      try {
        await save(durability);
      } catch (error) {
        if ((error as StorageProblem).kind !== 'lost') throw error;
        await restore(durability);
      }
    },
  };
}
