import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where coverage is collected (scripts/coverage.mjs); undefined = nowhere, nothing is switched on. */
export const COVERAGE = process.env['CUESHEET_COVERAGE'];

/** What V8 says of one script. */
export interface ScriptCoverage {
  url: string;
  functions: object[];
  /** The text that ran. */
  source: string;
  /** So many characters stood before it on its first line. */
  scriptOffset?: number;
}

/** Keeps what a run of some scripts covered; every text is kept once. */
export function keepCoverage(folder: string, scripts: ScriptCoverage[]): void {
  const sources = join(folder, 'sources');
  mkdirSync(sources, { recursive: true });
  const result = scripts.map(({ source, ...rest }) => {
    const hash = createHash('sha256').update(source).digest('hex');
    const path = join(sources, hash);
    if (!existsSync(path)) writeFileSync(path, source);
    return { ...rest, source: hash };
  });
  writeFileSync(join(folder, `scripts-${randomUUID()}.json`), JSON.stringify({ result }));
}
