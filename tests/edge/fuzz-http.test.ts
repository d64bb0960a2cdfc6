import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { conformance } from './conformance/suite.ts';

const run = promisify(execFile);
const LIMIT_MS = 120_000;

conformance('schemathesis', (hub) => {
  test(
    'finds no 5xx and no answer that is not documented',
    async () => {
      const flags = ['--url', hub.hub.url, '--key', hub.svc.key, '--examples', '10', '--seed', '1'];
      const fuzz = run(process.execPath, ['scripts/fuzz-http.mjs', ...flags], {
        timeout: LIMIT_MS,
      });
      await fuzz.catch(({ stdout, stderr }) => expect.fail(`${stdout}\n${stderr}`));
    },
    LIMIT_MS,
  );
});
