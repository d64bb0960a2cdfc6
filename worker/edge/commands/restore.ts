import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, parseOptions, UsageError } from './command.ts';
import { importFile, tellImport } from './import.ts';
import {
  DATA_OPTION,
  MEMORY_HELP,
  MEMORY_OPTION,
  memoryOf,
  openStoreFolder,
} from './store-folder.ts';

export const restoreCommand: Command = {
  help: `usage: cuesheet restore FILE [options]

Puts the events of a file that \`cuesheet backup\` or \`cuesheet export\` wrote into the folder of a hub that has none;
users.json and sessions.json there stay as they are. The events are there when all of them are in. Pages and
relays that followed the old hub notice that this is another store, and read it anew. Ends with 1 and
restores nothing when a line is refused or memory is full.

  --data DIR    folder of the hub, which must not run (default .cuesheet in the current folder)
  ${MEMORY_HELP}
  --help        this text`,
  async run(args) {
    const { values, positionals } = parseOptions(
      'restore',
      args,
      { data: DATA_OPTION, memory: MEMORY_OPTION },
      1,
    );
    const [path] = positionals;
    if (path === undefined) throw new UsageError('restore: name the file to read', 'restore');
    const memory = memoryOf(values.memory, 'restore');
    const folder = values.data.replace(/[/\\]+$/, '');
    const events = join(folder, 'events');
    if (existsSync(events)) {
      throw new Error(`${events} exists already: move it away, or name another folder with --data`);
    }
    if (path !== '-') await stat(path); // no folder is made when there is no such file
    const unfinished = `${folder}.part`;
    await rm(unfinished, { recursive: true, force: true }); // of a restore that was cut off
    const { open, close } = await openStoreFolder(unfinished, { create: true, memory });
    try {
      const { call, commits } = await open();
      const report = await importFile(call, commits, path);
      await commits.stop();
      close();
      const isWhole = report.refused === 0 && !report.stopped;
      if (isWhole) {
        await mkdir(folder, { recursive: true });
        await rename(join(unfinished, 'events'), events);
      }
      return tellImport(report, isWhole ? 'restored' : 'read, none restored');
    } finally {
      close();
      await rm(unfinished, { recursive: true, force: true });
    }
  },
};
