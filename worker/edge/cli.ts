#!/usr/bin/env node
import { CoreCrash } from '../../wasm/load.ts';
import { type Command, UsageError } from './commands/command.ts';
import { backupCommand } from './commands/backup.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { relayCommand } from './commands/relay.ts';
import { restoreCommand } from './commands/restore.ts';
import { CRASH_EXIT_CODE } from './commands/serving.ts';
import { startCommand } from './commands/start.ts';
import { statsCommand } from './commands/stats.ts';
import { verifyCommand } from './commands/verify.ts';

const HELP = `usage: cuesheet hub [options]      run a hub (also: cuesheet start)
       cuesheet relay URL          serve a copy of a hub to many
       cuesheet export [options]   write its events as NDJSON
       cuesheet import FILE        read them back
       cuesheet backup SOURCE      the same of a hub that runs, or of a folder
       cuesheet restore FILE       make a folder from a backup
       cuesheet verify [options]   check its files
       cuesheet stats [options]    how full its memory is

cuesheet COMMAND --help says more of each.`;

const COMMANDS: Readonly<Record<string, Command>> = {
  hub: startCommand,
  start: startCommand,
  relay: relayCommand,
  export: exportCommand,
  import: importCommand,
  backup: backupCommand,
  restore: restoreCommand,
  verify: verifyCommand,
  stats: statsCommand,
};

async function main(args: string[]): Promise<void> {
  if (args[0] === '--help') {
    console.log(HELP);
    return;
  }
  const named = args[0] !== undefined && !args[0].startsWith('-');
  const name = named ? (args[0] as string) : 'start';
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(`no command is called '${name}'`, '');
  if (args.includes('--help')) console.log(command.help);
  else process.exitCode = await command.run(named ? args.slice(1) : args);
}

/** One sentence that a person can act on. */
function explain(error: unknown): string {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  if (error instanceof CoreCrash) return `${message}: run it again, nothing stored is lost`;
  if (code === 'EADDRINUSE') return `port ${port} is in use: choose another one with --port`;
  if (code === 'EACCES') return `${message}: choose another port or folder`;
  return message;
}

function fail(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(1); // the reader has closed the pipe
  console.error(`cuesheet: ${explain(error)}`);
  if (error instanceof UsageError) {
    console.error(`cuesheet: see cuesheet ${error.command && `${error.command} `}--help`);
  }
  if (error instanceof CoreCrash) process.exit(CRASH_EXIT_CODE);
  process.exit(error instanceof UsageError ? 2 : 1);
}

main(process.argv.slice(2)).catch(fail);
