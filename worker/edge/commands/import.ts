import { createReadStream } from 'node:fs';
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
GET /api/events/{id}, one a line. FILE may be - for standard input. Events that are there already stay as
they are. Ends with 1 when a line is refused; the others go in. When memory is full it stops, and says at which
line: once there is room, --from goes on there.

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
    const totalBytes = path === '-' ? null : (await stat(path)).size; // fails when there is no such file
    const { open } = await openStoreFolder(values.data, { create: true, memory });
    const { call, commits } = await open();
    const source = path === '-' ? process.stdin : createReadStream(path);
    const report = await importAll(call, commits, linesFrom(source, from), totalBytes, from);
    await commits.stop();
    console.log(
      `${eventsText(report.events)} imported, ${report.known} here already, ${report.refused} refused`,
    );
    for (const { line, message } of report.refusals) console.error(`line ${line}: ${message}`);
    const unnamed = report.refused - report.refusals.length;
    if (unnamed > 0) console.error(`and ${unnamed} more`);
    if (report.stopped) {
      const { line, message } = report.stopped;
      console.error(`stopped at line ${line}: ${message}`);
      console.error(`the lines before it are imported; to go on, import with --from ${line}`);
    }
    return report.refused === 0 && !report.stopped ? 0 : 1;
  },
};

function lineOf(text: string | undefined): number {
  const line = Number(text ?? 1);
  if (Number.isSafeInteger(line) && line >= 1) return line;
  throw new UsageError(`--from: expected the number of a line, from 1 on, got '${text}'`, 'import');
}

async function importAll(
  call: CallWithFiles,
  commits: CommitLoop,
  source: AsyncIterable<Uint8Array>,
  totalBytes: number | null,
  from: number,
): Promise<ImportAnswer> {
  const progress = createProgressLine();
  let bytes = 0;
  const { report, add, addTooLong } = createImportReport(from);
  for await (const chunk of chunksOfLines(source, addTooLong)) {
    add(chunk, (await call<ImportAnswer>(Method.import, {}, chunk.lines)).header);
    await commits.settle();
    if (report.stopped) break;
    bytes += chunk.lines.length;
    const of = totalBytes === null ? '' : ` of ${sizeText(totalBytes)}`;
    const events = report.events + report.known;
    progress.show(`importing: ${eventsText(events)}, ${sizeText(bytes)}${of}`);
  }
  progress.end();
  return report;
}
