import { createReadStream } from 'node:fs';
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
import { createProgressLine, eventsText, sizeText } from './progress.ts';
import { DATA_HELP, DATA_OPTION, openStoreFolder } from './store-folder.ts';

export const importCommand: Command = {
  help: `usage: cuesheet import FILE [options]

Reads events into the folder of a hub: NDJSON as \`cuesheet export\` writes it, or events in the form of
GET /api/events/{id}, one a line. FILE may be - for standard input. Events that are there already stay as
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
    const totalBytes = path === '-' ? null : (await stat(path)).size; // fails when there is no such file
    const { open } = await openStoreFolder(values.data, { create: true });
    const { call, commits } = await open();
    const source = path === '-' ? process.stdin : createReadStream(path);
    const report = await importAll(call, commits, source, totalBytes);
    await commits.stop();
    console.log(
      `${eventsText(report.events)} imported, ${report.known} here already, ${report.refused} refused`,
    );
    for (const { line, message } of report.refusals) console.error(`line ${line}: ${message}`);
    const unnamed = report.refused - report.refusals.length;
    if (unnamed > 0) console.error(`and ${unnamed} more`);
    return report.refused === 0 ? 0 : 1;
  },
};

async function importAll(
  call: CallWithFiles,
  commits: CommitLoop,
  source: AsyncIterable<Uint8Array>,
  totalBytes: number | null,
): Promise<ImportAnswer> {
  const progress = createProgressLine();
  const { report, add, addTooLong } = createImportReport();
  let bytes = 0;
  for await (const chunk of chunksOfLines(source, addTooLong)) {
    add(chunk, (await call<ImportAnswer>(Method.import, {}, chunk.lines)).header);
    await commits.settle();
    bytes += chunk.lines.length;
    const of = totalBytes === null ? '' : ` of ${sizeText(totalBytes)}`;
    const events = report.events + report.known;
    progress.show(`importing: ${eventsText(events)}, ${sizeText(bytes)}${of}`);
  }
  progress.end();
  return report;
}
