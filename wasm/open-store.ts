import { type CallWithFiles, createCallWithFiles } from './call-with-files.ts';
import type { HostFiles } from './host-files.ts';
import { type Core, CoreError, type CoreStore, nowMicros } from './load.ts';
import { Method, type StoreRole } from './methods.ts';
import { turn } from './turn.ts';

/** How often to open: a damaged checkpoint is set aside for the one before it, and there are two. */
const MAX_OPENS = 3;

export interface OpenedStore {
  store: CoreStore;
  call: CallWithFiles;
  /** A sentence for each damaged file that was set aside; `load()` may add some. */
  lost: readonly string[];
  /** Whether all events are loaded; otherwise `load()` loads them. */
  isLoaded: boolean;
  /**
   * Loads the events that are not here yet, a block at a time; others get a turn in between. To be
   * called once.
   * @throws CoreError `corrupt`, saying what was set aside: commit the files and open the store again.
   */
  load(): Promise<void>;
  /** Loads nothing any more. */
  end(): void;
}

interface LoadAnswer {
  next: string[];
  lost: string[];
}

interface OpenAnswer extends LoadAnswer {
  loaded: boolean;
}

/**
 * Makes a store on files and opens it: the newest events are there when it resolves.
 * `segmentBytes`: how large a file of the journal grows, which a host may have to write as a whole.
 * `memory`: bytes that the store may use; default: all that a module can have.
 * @throws CoreError `state` when a newer version wrote the files, `storage` when they cannot be read, `quota` when
 *   not all of them fit into the memory that a module can have (also of `load`).
 */
export async function openStore(
  core: Core,
  role: StoreRole,
  files: HostFiles,
  segmentBytes: number,
  memory?: number,
): Promise<OpenedStore> {
  const store = core.create(role, files, segmentBytes, memory);
  const call = createCallWithFiles(store, files);
  const { header } = await call<OpenAnswer>(Method.open, { now: nowMicros() });
  let ended = false;

  async function load(): Promise<void> {
    for (let next = header.next; next.length > 0 && !ended;) {
      const names = next;
      await files.load(names);
      await turn();
      if (ended) return;
      const answer = store.call<LoadAnswer>(Method.load).header;
      files.unload(names);
      header.lost.push(...answer.lost);
      ({ next } = answer);
    }
  }

  const end = () => {
    ended = true;
  };
  return { store, call, lost: header.lost, isLoaded: header.loaded, load, end };
}

/** The same with all events; opens again from the previous checkpoint when one turns out damaged. */
export async function openWholeStore(
  core: Core,
  role: StoreRole,
  files: HostFiles,
  segmentBytes: number,
  memory?: number,
): Promise<OpenedStore> {
  const lost: string[] = [];
  for (let opens = 1; ; opens++) {
    const opened = await openStore(core, role, files, segmentBytes, memory);
    try {
      await opened.load();
      return { ...opened, lost: [...lost, ...opened.lost] };
    } catch (error) {
      opened.store.destroy();
      if (!(error instanceof CoreError) || error.code !== 'corrupt' || opens === MAX_OPENS)
        throw error;
      await files.commit('relaxed');
      lost.push(error.message);
    }
  }
}
