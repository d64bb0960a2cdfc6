/** What runs inside the browser in browser.test.ts: scenarios on the files in IndexedDB. */
import type { FileSystems } from '../../wasm/border.ts';
import type { Durability, HostFiles } from '../../wasm/host-files.ts';
import { claimDatabases, type IdbfsFiles, mountIdbfs } from '../../wasm/idbfs.ts';
import type { StorageProblem } from '../../wasm/storage-problem.ts';
import { type ContractModule, runContract } from './contract.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const MODULE_URL = '/env_contract.js';

async function module(hostFiles = new Map<number, HostFiles>()): Promise<ContractModule> {
  const { default: create } = await import(MODULE_URL);
  return (await create({ hostFiles })) as ContractModule;
}

async function open(
  database: string,
  openTimeoutMs?: number,
  into = module(),
): Promise<IdbfsFiles> {
  const claimed = await claimDatabases(database, openTimeoutMs);
  return mountIdbfs((await into) as unknown as FileSystems, claimed);
}

/** `kind: message` of the problem, or `fine`. */
async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'fine';
  } catch (error) {
    return `${(error as StorageProblem).kind}: ${(error as Error).message}`;
  }
}

const write = (files: HostFiles, name: string, text: string) =>
  files.write(name, encoder.encode(text));

async function texts(files: HostFiles): Promise<Record<string, string>> {
  await files.load(files.list());
  return Object.fromEntries(
    files
      .list()
      .sort()
      .map((name) => [name, decoder.decode(files.read(name, 0, files.size(name)))]),
  );
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Everything in one database as it is stored. */
async function raw(path: string): Promise<Record<string, string>> {
  const connection = await settled(indexedDB.open(path));
  const store = connection.transaction('FILE_DATA').objectStore('FILE_DATA');
  const [keys, values] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
  connection.close();
  return Object.fromEntries(
    keys.map((key, index) => {
      const { timestamp, contents } = values[index];
      const text = timestamp
        ? `${timestamp.getTime()} ${decoder.decode(contents)}`
        : JSON.stringify(values[index]);
      return [String(key), text];
    }),
  );
}

/** What a plain IDBFS mount of a database finds; afterwards it is synced back. */
async function plain(path: string, change: (fs: typeof FS) => void = () => {}) {
  const { FS: fs, IDBFS: idbfs } = await module();
  const sync = (populate: boolean) =>
    new Promise<void>((resolve, reject) => {
      fs.syncfs(populate, (error: unknown) => (error ? reject(error) : resolve()));
    });
  fs.mkdirTree(path);
  fs.mount(idbfs, {}, path);
  await sync(true);
  const names = fs.readdir(path).filter((name) => !name.startsWith('.'));
  const found = names.sort().map((name) => [name, decoder.decode(fs.readFile(`${path}/${name}`))]);
  change(fs);
  await sync(false);
  (idbfs as unknown as { quit(): void }).quit();
  return Object.fromEntries(found) as Record<string, string>;
}

const hot = (database: string) => `/cuesheet/${database}`;
const cold = (database: string) => `/cuesheet/${database}/cold`;

export const lab = {
  async contract(isCold: boolean) {
    const hostFiles = new Map<number, HostFiles>();
    const host = {
      open: (folder: string) => open(`contract-${folder}`),
      close: (files: HostFiles) => (files as IdbfsFiles).close(),
      onDemand: true,
    };
    return runContract(await module(hostFiles), hostFiles, host, isCold);
  },

  /** Writes, changes and removes files of both databases, in two commits. */
  async save(database: string, durability: Durability) {
    const files = await open(database);
    for (const kind of ['journal', 'block', 'payload']) {
      write(files, `${kind}-1`, `${kind} one`);
      write(files, `${kind}-2`, `${kind} two`);
    }
    await files.commit(durability);
    files.append('journal-1', encoder.encode(' and more'));
    files.remove('journal-2');
    files.remove('block-2');
    await files.commit(durability);
    return { size: files.size('payload-2'), loaded: files.isLoaded('payload-2') };
  },

  async read(database: string) {
    const files = await open(database);
    const sizes = files.list().map((name) => files.size(name));
    const found = await texts(files);
    files.close();
    return { found, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  },

  async plainMounts(database: string) {
    await lab.save(database, 'relaxed');
    const before = [await raw(hot(database)), await raw(cold(database))];
    const found = { ...(await plain(hot(database))), ...(await plain(cold(database))) };
    const after = [await raw(hot(database)), await raw(cold(database))];
    // What only IDBFS has written is read as well, though nobody noted its size.
    await plain(cold(database), (fs) => fs.writeFile(`${cold(database)}/block-9`, 'by IDBFS'));
    const files = await open(database);
    return { found, before, after, size: files.size('block-9'), all: await texts(files) };
  },

  /** A sync of IDBFS in the module that has committed: nothing is left to do for it. */
  async ownSync(database: string) {
    const own = await module();
    const files = await open(database, undefined, Promise.resolve(own));
    write(files, 'journal-1', 'one');
    write(files, 'journal-2', 'two');
    await files.commit('relaxed');
    files.append('journal-1', encoder.encode(' more'));
    files.remove('journal-2');
    await files.commit('relaxed');
    const before = await raw(hot(database));
    await new Promise<void>((resolve, reject) => {
      own.FS.syncfs(false, (error: unknown) => (error ? reject(error) : resolve()));
    });
    return { before, after: await raw(hot(database)) };
  },

  async fenced(database: string, names: string[]) {
    const former = await open(database);
    write(former, 'journal-1', 'saved');
    write(former, 'block-1', 'saved');
    await former.commit('relaxed');
    const owner = await open(database);
    for (const name of names) write(former, name, 'by the former owner');
    const outcomes = [
      await outcome(former.commit('relaxed')),
      await outcome(former.commit('strict')),
    ];
    write(owner, 'journal-2', 'by the owner');
    outcomes.push(await outcome(owner.commit('relaxed')));
    return { outcomes, grew: owner.epoch > former.epoch, found: (await lab.read(database)).found };
  },

  /** Both databases are deleted, as another tab would, while the store is open. */
  async deleted(database: string, withCold: boolean) {
    const files = await open(database);
    write(files, 'journal-1', 'one ');
    write(files, 'manifest-1', 'unchanged');
    if (withCold) {
      write(files, 'block-1', 'not in memory any more');
      write(files, 'block-2', 'in memory');
    }
    await files.commit('relaxed');
    await files.load(['block-2']);
    await settled(indexedDB.deleteDatabase(cold(database)));
    await settled(indexedDB.deleteDatabase(hot(database)));
    files.append('journal-1', encoder.encode('two'));
    const outcomes = [
      await outcome(files.commit('relaxed')),
      await outcome(files.commit('relaxed')),
    ];
    return { outcomes, found: (await lab.read(database)).found };
  },

  /** A store that was closed must not bring a deleted database back. */
  async closed(database: string) {
    const files = await open(database);
    write(files, 'journal-1', 'one');
    await files.commit('relaxed');
    files.close();
    await settled(indexedDB.deleteDatabase(hot(database)));
    write(files, 'journal-1', 'two');
    return {
      outcome: await outcome(files.commit('relaxed')),
      left: await raw(hot(database)).catch((error: Error) => error.name),
    };
  },

  async upgraded(database: string) {
    const files = await open(database);
    (await settled(indexedDB.open(hot(database), 22))).close();
    write(files, 'journal-1', 'one');
    return outcome(files.commit('relaxed'));
  },

  /** Another tab holds an older version, and does not let go. */
  async blocked(database: string) {
    const older = await settled(indexedDB.open(hot(database), 20));
    const refused = await outcome(open(database, 500));
    older.close();
    return [refused, await outcome(open(database, 5000))];
  },

  async withoutIndexedDb() {
    Object.defineProperty(globalThis, 'indexedDB', { value: undefined, configurable: true });
    return outcome(open('none'));
  },

  /** Milliseconds of a commit of one 16 KiB file that has changed, beside 20 others: p50 and p99. */
  async measure(durability: Durability, rounds: number) {
    const files = await open(`measure-${durability}`);
    for (let i = 0; i < 20; i++) files.write(`journal-${i}`, new Uint8Array(16384));
    await files.commit(durability);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      files.truncate('journal-7', 16000);
      files.append('journal-7', new Uint8Array(384).fill(round));
      const start = performance.now();
      await files.commit(durability);
      times.push(performance.now() - start);
    }
    files.close();
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0;
    return { p50: at(0.5), p99: at(0.99) };
  },
};

(globalThis as unknown as { lab: typeof lab }).lab = lab;
