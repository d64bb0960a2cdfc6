import { stat } from 'node:fs/promises';
import type { CallWithFiles } from '../../../wasm/call-with-files.ts';
import type { CommitLoop } from '../../../wasm/commit-loop.ts';
import {
  chunksOfLines,
  createImportReport,
  type ImportAnswer,
} from '../../../wasm/import-lines.ts';
import { Method } from '../../../wasm/methods.ts';
import { type Command, parseOptions, UsageError } from './command.ts';
import { readLines } from './lines-file.ts';
import { createProgressLine, eventsText, sizeText } from './progress.ts';
import { DATA_HELP, DATA_OPTION, openStoreFolder } from './store-folder.ts';

export const importCommand: Command = {
  help: `usage: cuesheet import FILE [options]

Reads events into the folder of a hub: NDJSON as \`cuesheet export\` writes it, or events in the form of
GET /api/events/{id}, one a line, packed with gzip or not. FILE may be - for standard input. Events that are there already stay as
they are. Ends with 1 when a line is refused; the others go in.

  ${DATA_HELP};
                it is made when it is not there
  --help        this text`,
  async run(args) {
    const { values, positionals } = parseOptions('import', args, { data: DATA_OPTION }, 1);
    const [path] = positionals;
    if (path === undefined) {
      throw new UsageError('import: name the file to read, - for standard input', 'import');
    }
    if (path !== '-') await stat(path); // no folder is made when there is no such file
    const { open } = await openStoreFolder(values.data, { create: true });
    const { call, commits } = await open();
    const report = await importFile(call, commits, path);
    await commits.stop();
    return tellImport(report, 'imported');
  },
};

/** Says what became of an import; returns the exit code. */
export function tellImport(report: ImportAnswer, done: string): number {
  const { events, known, refused, refusals } = report;
  console.log(`${eventsText(events)} ${done}, ${known} here already, ${refused} refused`);
  for (const { line, message } of refusals) console.error(`line ${line}: ${message}`);
  if (refused > refusals.length) console.error(`and ${refused - refusals.length} more`);
  return refused === 0 ? 0 : 1;
}

/** Imports all lines of a file, packed or not, and commits them. @throws Error when there is no such file. */
export async function importFile(
  call: CallWithFiles,
  commits: CommitLoop,
  path: string,
): Promise<ImportAnswer> {
  const totalBytes = path === '-' ? null : (await stat(path)).size;
  const progress = createProgressLine();
  const { report, add, addTooLong } = createImportReport();
  let bytes = 0;
  const source = readLines(path, (read) => {
    bytes += read;
  });
  const of = totalBytes === null ? '' : ` of ${sizeText(totalBytes)}`;
  for await (const chunk of chunksOfLines(source, addTooLong)) {
    add(chunk, (await call<ImportAnswer>(Method.import, {}, chunk.lines)).header);
    await commits.settle();
    const events = report.events + report.known;
    progress.show(`importing: ${eventsText(events)}, ${sizeText(bytes)}${of}`);
  }
  progress.end();
  return report;
}
