import { Method } from '../../../wasm/methods.ts';
import { type Command, parseOptions } from './command.ts';
import { createProgressLine } from './progress.ts';
import { DATA_HELP, DATA_OPTION, openStoreFolder } from './store-folder.ts';

/** More files than any store has. */
const MAX_FILES = 100_000;

interface Step {
  next: string | null;
  problems: { file: string; message: string }[];
}

export const verifyCommand: Command = {
  help: `usage: cuesheet verify [options]

Reads every file of a hub's events and checks every record in it; changes nothing. Ends with 1 when
something is damaged.

  ${DATA_HELP}
  --help        this text`,
  async run(args) {
    const { values } = parseOptions('verify', args, { data: DATA_OPTION }, 0);
    // The store is not opened, because that would repair what has to be reported.
    const { call } = await openStoreFolder(values.data, { create: false });
    const progress = createProgressLine();
    const problems: Step['problems'] = [];
    let files = 0;
    let next: string | null = null;
    do {
      const header: Record<string, unknown> = next === null ? {} : { file: next };
      const step: Step = (await call<Step>(Method.verify, header)).header;
      problems.push(...step.problems);
      files++;
      progress.show(`checking: ${files} files`);
      next = step.next;
    } while (next !== null && files < MAX_FILES);
    progress.end();
    for (const { file, message } of problems) console.log(`${file}: ${message}`);
    const found = problems.length === 0 ? 'no' : String(problems.length);
    const plural = (count: number | string, word: string) => (count === 1 ? word : `${word}s`);
    const damaged = plural(problems.length, 'problem');
    console.log(`${files} ${plural(files, 'file')} checked, ${found} ${damaged}`);
    return problems.length === 0 ? 0 : 1;
  },
};
