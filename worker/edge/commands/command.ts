import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, type ParseArgsConfig } from 'node:util';

/** One command of `cuesheet`. */
export interface Command {
  help: string;
  /**
   * Resolves with the exit code: 0, or 1 when the command reports problems.
   * @throws UsageError for arguments that make no sense (exit code 2), others (1) with a sentence.
   */
  run(args: string[]): Promise<number>;
}

/** The arguments make no sense; `command` names the command whose help says more, '' = none. */
export class UsageError extends Error {
  readonly command: string;
  constructor(message: string, command: string) {
    super(message);
    this.command = command;
  }
}

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<Wanted extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: Wanted }>
>;

/** As `parseArgs` of Node. @throws UsageError for an unknown option. */
export function parseOptions<Wanted extends Options>(
  command: string,
  args: string[],
  options: Wanted,
  positionals: number,
): Parsed<Wanted> {
  let parsed: Parsed<Wanted>;
  try {
    parsed = parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message, command);
  }
  if (parsed.positionals.length > positionals) {
    const text = `${command}: '${parsed.positionals[positionals]}' is one argument too many`;
    throw new UsageError(text, command);
  }
  return parsed;
}

/** A file of the installed package, from dist/hub. */
export function packageFile(path: string): string {
  return join(dirname(fileURLToPath(import.meta.url)), path);
}
