import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CallWithFiles, createCallWithFiles } from '../../../wasm/call-with-files.ts';
import { type CommitLoop, createCommitLoop } from '../../../wasm/commit-loop.ts';
import { type CoreStore, loadCore, nowMicros } from '../../../wasm/load.ts';
import { Method } from '../../../wasm/methods.ts';
import { openNodeFiles } from '../node-files.ts';
import { packageFile } from './command.ts';

/** More blocks than any store has. */
const MAX_BLOCKS = 100_000;
/** Exit codes of a process that a signal ended. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

export const DATA_OPTION = { type: 'string', default: '.cuesheet' } as const;
export const DATA_HELP =
  '--data DIR    folder of the hub, which must not run (default .cuesheet in the current folder)';

/** The files of a hub that does not run, and their store, which is not open yet. */
export interface StoreFolder {
  call: CallWithFiles;
  /** Opens the store; its commits. All events are here afterwards. */
  open(): Promise<CommitLoop>;
}

/**
 * Takes the lock of the folder until the process ends, also by SIGINT and SIGTERM.
 * @throws Error when a hub runs on it, and when it is not there and may not be made (`create`).
 */
export async function openStoreFolder(
  folder: string,
  options: { create: boolean },
): Promise<StoreFolder> {
  if (!options.create && !existsSync(join(folder, 'events'))) {
    throw new Error(`${folder} holds no events: name the folder of a hub with --data`);
  }
  const files = openNodeFiles(folder);
  process.on('exit', () => files.close());
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => process.exit(code));
  }
  const wasm = new WebAssembly.Module(await readFile(packageFile('cuesheet-hub.wasm')));
  const store: CoreStore = (await loadCore(wasm)).create('hub', files);
  const call = createCallWithFiles(store, files);
  return {
    call,
    async open() {
      let { loaded } = (await call<{ loaded?: boolean }>(Method.open, { now: nowMicros() })).header;
      for (let blocks = 0; loaded === false && blocks < MAX_BLOCKS; blocks++) {
        ({ loaded } = (await call<{ loaded: boolean }>(Method.load)).header);
      }
      return createCommitLoop(store, files, () => {});
    },
  };
}
