import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CallWithFiles } from '../../../wasm/call-with-files.ts';
import { type ExportHeader, Method } from '../../../wasm/methods.ts';
import { type Command, parseOptions } from './command.ts';
import { writeWhole } from './lines-file.ts';
import { createProgressLine, eventsText, sizeText } from './progress.ts';
import { DATA_HELP, DATA_OPTION, openStoreFolder } from './store-folder.ts';

/** How many events to name when their payloads cannot be read. */
const MAX_PROBLEMS = 100;

export const exportCommand: Command = {
  help: `usage: cuesheet export [options]

Writes all events of a hub as NDJSON: one event a line, oldest first, with its payload. A payload that cannot be
read is left out, said on standard error, and the exit code is 1 then.

  ${DATA_HELP}
  --out FILE    where to; the file is there when it is complete, packed when its name ends with .gz
                (default: standard output)
  --help        this text`,
  async run(args) {
    const { values } = parseOptions(
      'export',
      args,
      { data: DATA_OPTION, out: { type: 'string' } },
      0,
    );
    const { open } = await openStoreFolder(values.data, { create: false });
    const { call } = await open();
    const progress = createProgressLine();
    let events = 0;
    let bytes = 0;
    let withoutPayload = 0;
    const unreadable: ExportHeader['unreadable'] = [];
    const lines = partsOf(call, (part, partBytes) => {
      events += part.events;
      bytes += partBytes;
      withoutPayload += part.withoutPayload;
      unreadable.push(...part.unreadable.slice(0, MAX_PROBLEMS - unreadable.length));
      progress.show(`exporting: ${eventsText(events)}, ${sizeText(bytes)}`);
    });
    if (values.out === undefined) {
      await pipeline(Readable.from(lines), process.stdout, { end: false });
      progress.end();
    } else {
      await writeWhole(values.out, lines);
      progress.end();
      console.log(`${eventsText(events)} (${sizeText(bytes)}) in ${values.out}`);
    }
    if (withoutPayload === 0) return 0;
    console.error(`${eventsText(withoutPayload)} without payload, because it cannot be read:`);
    for (const { id, message } of unreadable) console.error(`  ${id}: ${message}`);
    if (unreadable.length < withoutPayload) console.error('  …');
    return 1;
  },
};

/** All events of an open store, part by part. */
export async function* partsOf(
  call: CallWithFiles,
  onPart: (part: ExportHeader, bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (let after: string | null = ''; after !== null;) {
    const part: { header: ExportHeader; body: Uint8Array } = await call(Method.export, { after });
    yield part.body;
    onPart(part.header, part.body.length);
    after = part.header.next;
  }
}
