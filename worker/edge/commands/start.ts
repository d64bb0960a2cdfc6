import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCredentials } from '../credentials.ts';
import { createHub, type Hub } from '../hub.ts';
import { openNodeFiles } from '../node-files.ts';
import { servePage } from '../page.ts';
import { startSample } from '../sample.ts';
import type { HubServer } from '../server.ts';
import { fileSessions, loadUsers } from '../user-files.ts';
import { type Command, packageFile, parseOptions, UsageError } from './command.ts';

const HELP = `usage: cuesheet hub [options]

Runs a hub: AYON's event protocol and an event viewer on this machine.

  --port N       port to listen on, 0 = any free one (default 5000)
  --host HOST    address to listen on (default 127.0.0.1)
  --data DIR     folder of the events (default .cuesheet in the current folder)
  --users FILE   users as JSON: [{"name", "apiKey", "password", "data": {"isService": true}}];
                 read anew at SIGHUP;
                 without it an admin and a service user are made at the first start
  --origin URL   a web origin whose pages may call this hub, such as
                 https://viewer.example (CORS); may be given several times
  --rate N       requests a second of one user, ten times as many at once; more
                 are answered with 429 (default: no limit)
  --no-sample    do not make sample events
  --help         this text`;

/** What waits is written within this time of a signal, or the hub ends with 1. */
const STOP_TIMEOUT_MS = 4500;

export const startCommand: Command = { help: HELP, run };

async function run(args: string[]): Promise<number> {
  const options = readOptions(args);
  const files = openNodeFiles(options.data);
  process.on('exit', () => files.close());
  const users = await loadUsers(options.data, options.users);
  const credentials = createCredentials(users, fileSessions(join(options.data, 'sessions.json')));
  process.on('SIGHUP', () => {
    loadUsers(options.data, options.users).then(
      (others) => {
        credentials.replaceUsers(others);
        console.log(`cuesheet: ${others.length} users read anew`);
      },
      (error: Error) => console.error(`cuesheet: the users stay as they are: ${error.message}`),
    );
  });
  const hub = await createHub({
    wasm: new WebAssembly.Module(await readFile(packageFile('cuesheet-hub.wasm'))),
    files,
    credentials,
    ...(options.rate && { rate: options.rate }),
    ...(options.origin && { origins: options.origin }),
    page: servePage(packageFile('../page')),
  });
  const serve = await serverOfRuntime();
  const server = await serve(hub, options.port, options.host);
  const signal = ended(); // before anybody is told that it runs
  console.log(`cuesheet hub ready on ${server.url}`);

  const viewer = users.find((user) => user.data.isAdmin) ?? users[0];
  if (viewer) {
    const token = await credentials.createSession(viewer);
    console.log(`open the event viewer as ${viewer.name}: ${server.url}/#token=${token}`);
  }
  const service = users.find((user) => user.data.isService);
  let sample = { stop: () => {} };
  if (options.sample && service) {
    const others = users.filter(({ data }) => data.isAdmin || data.isManager);
    const names = others.filter(({ data }) => !data.isGuest).map(({ name }) => name);
    sample = startSample(hub, await credentials.createSession(service), names);
  }

  await signal;
  setTimeout(() => {
    console.error('cuesheet: stopping took too long');
    process.exit(1);
  }, STOP_TIMEOUT_MS).unref();
  sample.stop();
  await server.close();
  process.exit(0);
}

/** Each runtime has a server of its own; the rest of this file is the same on all. */
async function serverOfRuntime(): Promise<
  (hub: Hub, port: number, host: string) => Promise<HubServer>
> {
  if ('Deno' in globalThis) return (await import('../deno.ts')).serveDeno;
  if ('Bun' in globalThis) return (await import('../bun.ts')).serveBun;
  return (await import('../node.ts')).serveNode;
}

/** Resolves at the first SIGTERM or SIGINT. */
function ended(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

function readOptions(args: string[]) {
  const { values } = parseOptions(
    'hub',
    args,
    {
      port: { type: 'string', default: '5000' },
      host: { type: 'string', default: '127.0.0.1' },
      data: { type: 'string', default: '.cuesheet' },
      users: { type: 'string' },
      rate: { type: 'string' },
      origin: { type: 'string', multiple: true },
      'no-sample': { type: 'boolean', default: false },
    },
    0,
  );
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    const text = `--port: expected a number from 0 to 65535, got '${values.port}'`;
    throw new UsageError(text, 'hub');
  }
  const perSecond = values.rate === undefined ? null : Number(values.rate);
  if (perSecond !== null && !(perSecond > 0 && perSecond <= 1e6)) {
    throw new UsageError(`--rate: expected a number up to 1000000, got '${values.rate}'`, 'hub');
  }
  const rate = perSecond && { perSecond, burst: Math.max(1, perSecond * 10) };
  return { ...values, rate, port, sample: !values['no-sample'] };
}
