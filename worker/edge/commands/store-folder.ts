import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CallWithFiles, createCallWithFiles } from '../../../wasm/call-with-files.ts';
import { type CommitLoop, createCommitLoop } from '../../../wasm/commit-loop.ts';
import { loadCore } from '../../../wasm/load.ts';
import { openWholeStore } from '../../../wasm/open-store.ts';
import { SEGMENT_BYTES } from '../hub.ts';
import { budgetFor, MEMORY_SIZES, memorySizeOf } from '../memory-size.ts';
import { createLog } from '../log.ts';
import { machineMemory } from '../runtimes/machine-memory.ts';
import { openNodeFiles } from '../runtimes/node-files.ts';
import { createSaving } from '../saving.ts';
import { packageFile, UsageError } from './command.ts';
import { endAfterLoss, tellWait } from './serving.ts';

/** Exit codes of a process that a signal ended. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

export const DATA_OPTION = { type: 'string', default: '.cuesheet' } as const;
export const DATA_HELP =
  '--data DIR    folder of the hub, which must not run (default .cuesheet in the current folder)';

export const MEMORY_OPTION = { type: 'string' } as const;
export const MEMORY_HELP = `--memory SIZE memory that the events may use, from 32MiB to 4GiB (default: three quarters of the
                 memory that this machine or container has, less 128 MiB)`;

/** The budget that a command was given, else that of this machine. @throws UsageError for what is no size. */
export function memoryOf(text: string | undefined, command: string): number {
  if (text === undefined) return budgetFor(machineMemory());
  const bytes = memorySizeOf(text);
  if (bytes !== null) return bytes;
  throw new UsageError(`--memory: expected ${MEMORY_SIZES}, got '${text}'`, command);
}

/** The files of a stopped hub. */
export interface StoreFolder {
  /** Calls a store that is not open, for example verify. */
  call: CallWithFiles;
  /** Opens the store with all events loaded. */
  open(): Promise<{ call: CallWithFiles; commits: CommitLoop }>;
  /** Releases the folder before the process ends; does nothing the second time. */
  close(): void;
}

/**
 * Takes the lock of the folder until the process ends, also by SIGINT and SIGTERM.
 * @throws Error when a hub runs on the folder, and when it does not exist and must not be made (`create`).
 */
export async function openStoreFolder(
  folder: string,
  options: { create: boolean; memory?: number },
): Promise<StoreFolder> {
  if (!options.create && !existsSync(join(folder, 'events'))) {
    throw new Error(`${folder} holds no events: name the folder of a hub with --data`);
  }
  const files = await openNodeFiles(folder, { onLost: endAfterLoss, onWait: tellWait });
  let isOpen = true;
  const close = () => {
    if (isOpen) files.close();
    isOpen = false;
  };
  process.on('exit', close);
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => process.exit(code));
  }
  const wasm = new WebAssembly.Module(await readFile(packageFile('cuesheet-hub.wasm')));
  const core = await loadCore(wasm);
  return {
    call: createCallWithFiles(core.create('hub', files), files),
    async open() {
      const opened = await openWholeStore(core, 'hub', files, SEGMENT_BYTES, options.memory);
      for (const what of opened.lost) console.error(`cuesheet: ${what}`);
      const { ended } = createSaving(createLog('off'));
      const commits = createCommitLoop(opened, files, { carryOut: () => {}, ended });
      return { call: opened.call, commits };
    },
    close,
  };
}
