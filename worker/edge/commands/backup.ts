import { type Command, parseOptions, UsageError } from './command.ts';
import { partsOf } from './export.ts';
import { writeWhole } from './lines-file.ts';
import { createProgressLine, eventsText, sizeText } from './progress.ts';
import { exportOf } from './running-hub.ts';
import { openStoreFolder } from './store-folder.ts';

export const backupCommand: Command = {
  help: `usage: cuesheet backup SOURCE --out FILE

Writes all events of a hub to a file, as they are at one moment, in the form of \`cuesheet export\`. SOURCE is the URL
of a hub that runs, which goes on working meanwhile, or the folder of one that is stopped. CUESHEET_API_KEY holds
the API key of an admin or a service of a running hub. A payload that cannot be read is left out, and the exit code is
1 then.

  --out FILE    where to; the file is there when it is complete, packed when its name ends with .gz
  --help        this text`,
  async run(args) {
    const { values, positionals } = parseOptions('backup', args, { out: { type: 'string' } }, 1);
    const [source] = positionals;
    if (source === undefined) throw new UsageError('backup: name a URL or a folder', 'backup');
    if (values.out === undefined) throw new UsageError('backup: name a file with --out', 'backup');
    const progress = createProgressLine();
    const counts = { events: 0, withoutPayload: 0 };
    let bytes = 0;
    async function* shown(lines: AsyncIterable<Uint8Array>) {
      for await (const piece of lines) {
        bytes += piece.length;
        progress.show(`backing up: ${sizeText(bytes)}`);
        yield piece;
      }
    }
    await writeWhole(values.out, shown(await linesOf(source, counts)));
    progress.end();
    console.log(`${eventsText(counts.events)} (${sizeText(bytes)}) in ${values.out}`);
    if (counts.withoutPayload === 0) return 0;
    console.error(
      `${eventsText(counts.withoutPayload)} without payload, because it cannot be read`,
    );
    return 1;
  },
};

async function linesOf(
  source: string,
  counts: { events: number; withoutPayload: number },
): Promise<AsyncIterable<Uint8Array>> {
  if (/^https?:\/\//.test(source)) {
    const key = process.env['CUESHEET_API_KEY'];
    if (!key)
      throw new UsageError('backup: CUESHEET_API_KEY holds no API key of the hub', 'backup');
    return exportOf(source.replace(/\/+$/, ''), key, (end) => Object.assign(counts, end));
  }
  const { call } = await (await openStoreFolder(source, { create: false })).open();
  return partsOf(call, (part) => {
    counts.events += part.events;
    counts.withoutPayload += part.withoutPayload;
  });
}
