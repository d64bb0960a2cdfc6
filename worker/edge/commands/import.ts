import { stat } from 'node:fs/promises';
import type { CallWithFiles } from '../../../wasm/call-with-files.ts';
import type { CommitLoop } from '../../../wasm/commit-loop.ts';
import {
  chunksOfLines,
  createImportReport,
  type ImportAnswer,
  linesFrom,
} from '../../../wasm/import-lines.ts';
import { Method } from '../../../wasm/methods.ts';
import { type Command, parseOptions, UsageError } from './command.ts';
import { readLines } from './lines-file.ts';
import { createProgressLine, eventsText, sizeText } from './progress.ts';
import {
  DATA_HELP,
  DATA_OPTION,
  MEMORY_HELP,
  MEMORY_OPTION,
  memoryOf,
  openStoreFolder,
} from './store-folder.ts';

export const importCommand: Command = {
  help: `usage: cuesheet import FILE [options]

Reads events into the folder of a hub: NDJSON as \`cuesheet export\` writes it, or events in the form of
GET /api/events/{id}, one a line, packed with gzip or not. FILE may be - for standard input. Events that are there
already stay as they are. Ends with 1 when a line is refused; the others go in. When memory is full it stops, and says
at which line: once there is room, --from goes on there.

  ${DATA_HELP};
                it is made when it is not there
  --from LINE   begin at this line of FILE (default 1)
  ${MEMORY_HELP}
  --help        this text`,
  async run(args) {
    const options = { data: DATA_OPTION, from: { type: 'string' }, memory: MEMORY_OPTION } as const;
    const { values, positionals } = parseOptions('import', args, options, 1);
    const [path] = positionals;
    if (path === undefined) {
      throw new UsageError('import: name the file to read, - for standard input', 'import');
    }
    const from = lineOf(values.from);
    const memory = memoryOf(values.memory, 'import');
    if (path !== '-') await stat(path); // no folder is made when there is no such file
    const { open } = await openStoreFolder(values.data, { create: true, memory });
    const { call, commits } = await open();
    const report = await importFile(call, commits, path, from);
    await commits.stop();
    const code = tellImport(report, 'imported');
    if (report.stopped) {
      const { line } = report.stopped;
      console.error(`the lines before it are imported; to go on, import with --from ${line}`);
    }
    return code;
  },
};

function lineOf(text: string | undefined): number {
  const line = Number(text ?? 1);
  if (Number.isSafeInteger(line) && line >= 1) return line;
  throw new UsageError(`--from: expected the number of a line, from 1 on, got '${text}'`, 'import');
}

/** Says what became of an import; returns the exit code. */
export function tellImport(report: ImportAnswer, done: string): number {
  const { events, known, refused, refusals, stopped } = report;
  console.log(`${eventsText(events)} ${done}, ${known} here already, ${refused} refused`);
  for (const { line, message } of refusals) console.error(`line ${line}: ${message}`);
  if (refused > refusals.length) console.error(`and ${refused - refusals.length} more`);
  if (stopped) console.error(`stopped at line ${stopped.line}: ${stopped.message}`);
  return refused === 0 && !stopped ? 0 : 1;
}

/**
 * Imports the lines of a file from line `from` on, packed or not, and commits them.
 * @throws Error when there is no such file.
 */
export async function importFile(
  call: CallWithFiles,
  commits: CommitLoop,
  path: string,
  from = 1,
): Promise<ImportAnswer> {
  const totalBytes = path === '-' ? null : (await stat(path)).size;
  const progress = createProgressLine();
  const { report, add, addTooLong } = createImportReport(from);
  let bytes = 0;
  const source = readLines(path, (read) => {
    bytes += read;
  });
  const of = totalBytes === null ? '' : ` of ${sizeText(totalBytes)}`;
  for await (const chunk of chunksOfLines(linesFrom(source, from), addTooLong)) {
    add(chunk, (await call<ImportAnswer>(Method.import, {}, chunk.lines)).header);
    await commits.settle();
    if (report.stopped) break;
    const events = report.events + report.known;
    progress.show(`importing: ${eventsText(events)}, ${sizeText(bytes)}${of}`);
  }
  progress.end();
  return report;
}
