// Fuzzes a hub over HTTP by its OpenAPI document, with schemathesis: npm run fuzz:http
// [-- --examples N] [--seed N] [--url URL --key SERVICE_KEY]. Without --url a hub of its own is started in a
// temporary folder. Fails when an answer is a 5xx or is not as documented.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startHub } from './hub-child.mjs';

const FUZZER = resolve('.toolchain/venv-fuzz-http/bin/schemathesis');
const RUN_MS = 30 * 60_000;
const KEY = 'fuzz-key';
/** The hub reads requests as leniently as AYON does: numbers as text, "yes" as true. */
const NOT_CHECKED = 'negative_data_rejection';
/**
 * What valid requests may get: also 410, for changes that the hub no longer has. No text has U+0000: the hub
 * refuses it, and a schema of free-form objects cannot say so.
 */
const CONFIG = `[generation]
allow-x00 = false

[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "410", "429", "5xx"]
`;

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '300' },
    seed: { type: 'string' },
    url: { type: 'string' },
    key: { type: 'string', default: KEY },
  },
});
if (!existsSync(FUZZER)) {
  console.error('schemathesis is missing: run scripts/setup test');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'cuesheet-fuzz-'));
writeFileSync(join(folder, 'schemathesis.toml'), CONFIG);
const hub = values.url === undefined ? await ownHub() : null;
const status = await run(FUZZER, argumentsFor(values.url ?? hub.url));
await hub?.stop();
rmSync(folder, { recursive: true, force: true });
process.exitCode = status;

function argumentsFor(url) {
  return [
    'run',
    `${url}/openapi.json`,
    ...['--header', `X-Api-Key: ${values.key}`],
    // ten logins a minute, then 503: AYON's throttle (docs/protocol.md 10.1)
    ...['--exclude-path', '/api/auth/login'],
    ...['--exclude-checks', NOT_CHECKED],
    ...['--max-examples', values.examples],
    ...(values.seed === undefined ? [] : ['--seed', values.seed]),
    ...['--workers', '2', '--request-timeout', '20', '--warnings', 'off', '--continue-on-failure'],
  ];
}

function run(command, args) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: folder, stdio: 'inherit', timeout: RUN_MS });
    child.once('exit', (code) => done(code ?? 1));
  });
}

function ownHub() {
  const users = join(folder, 'users.json');
  writeFileSync(users, JSON.stringify([{ name: 'svc', apiKey: KEY, data: { isService: true } }]));
  return startHub(['--data', join(folder, 'data'), '--users', users, '--no-sample']);
}
