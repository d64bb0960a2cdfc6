import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCredentials } from '../credentials.ts';
import { createHub } from '../hub.ts';
import { packBrotli } from '../runtimes/brotli.ts';
import { createJwtVerifier, type JwtOptions, parseKeySet } from '../jwt.ts';
import { announce, createLog, LOG_FORMATS } from '../log.ts';
import { openNodeFiles } from '../runtimes/node-files.ts';
import { servePage } from '../runtimes/page.ts';
import { rateOf } from '../rate-limit.ts';
import { startSample } from '../sample.ts';
import { fileSessions, loadUsers, watchFile } from '../runtimes/user-files.ts';
import { openEarly } from './early-hub.ts';
import {
  endAfterCrash,
  endAfterLoss,
  ended,
  portOf,
  serverOfRuntime,
  stop,
  tellWait,
} from './serving.ts';
import { type Command, packageFile, parseOptions, UsageError } from './command.ts';
import { MEMORY_OPTION, memoryOf } from './store-folder.ts';

const HELP = `usage: cuesheet hub [options]

Runs a hub: AYON's event protocol and an event viewer on this machine.

  --port N       port to listen on, 0 = any free one (default 5000)
  --host HOST    address to listen on (default 127.0.0.1)
  --data DIR     folder of the events (default .cuesheet in the current folder)
  --users FILE   users as JSON: [{"name", "apiKey", "password", "data": {"isService": true}}];
                 read again when it changes, and at SIGHUP;
                 without it an admin and a service user are made at the first start
  --origin URL   a web origin whose pages may call this hub, such as
                 https://viewer.example (CORS); may be given several times
  --rate N       requests a second of one user, ten times as many at once; more
                 are answered with 429 (default: no limit)
  --jwks WHERE   take JSON Web Tokens as bearer tokens: a file or the URL of the public
                 keys (JWKS); the user is the one whose name is the claim sub
  --jwt-issuer ISS, --jwt-audience AUD
                 what iss and aud of a token have to be
  --log FORMAT   json: one object for each request and event of the hub; text: the same
                 for people; off: errors only (default); the link that signs in is not
                 shown with json
  --memory SIZE  memory that the events may use, from 32MiB to 4GiB; before it is full new
                 events are refused with 507 (default: three quarters of the memory that
                 this machine or container has, less 128 MiB, at most 4GiB)
  --no-sample    do not make sample events
  --help         this text`;

export const startCommand: Command = { help: HELP, run };

async function run(args: string[]): Promise<number> {
  const options = readOptions(args);
  const files = await openNodeFiles(options.data, { onLost: endAfterLoss, onWait: tellWait });
  process.on('exit', () => files.close());
  const users = await loadUsers(options.data, options.users);
  const log = createLog(options.log);
  const sessions = fileSessions(join(options.data, 'sessions.json'), files.assertHeld);
  const verify = options.jwt && createJwtVerifier(options.jwt);
  const credentials = createCredentials(users, sessions, Date.now, verify);
  const reload = () => {
    loadUsers(options.data, options.users).then(
      (others) => {
        credentials.replaceUsers(others);
        announce(options.log, `cuesheet: ${others.length} users read again`);
      },
      (error: Error) => log('error', `the users stay as they are: ${error.message}`),
    );
  };
  process.on('SIGHUP', reload);
  const stopWatching = options.users === undefined ? () => {} : watchFile(options.users, reload);
  const wasm = new WebAssembly.Module(await readFile(packageFile('cuesheet-hub.wasm')));
  const open = (answersEarly: boolean) =>
    createHub({
      wasm,
      answersEarly,
      files,
      credentials,
      log,
      onCrash: endAfterCrash,
      memory: options.memory,
      packBrotli,
      ...(options.rate && { rate: options.rate }),
      ...(options.origin && { origins: options.origin }),
      page: servePage(packageFile('../page')),
    });
  const hub = await openEarly(open, log);
  const serve = await serverOfRuntime();
  const server = await serve(hub, options.port, options.host);
  const signal = ended(); // before the command prints that it runs
  announce(options.log, `cuesheet hub ready on ${server.url}`);

  const viewer = users.find((user) => user.data.isAdmin) ?? users[0];
  if (viewer && options.log !== 'json') {
    // a credential, for the person at the terminal
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
  return stop(server, () => {
    stopWatching();
    sample.stop();
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
      jwks: { type: 'string' },
      'jwt-issuer': { type: 'string' },
      'jwt-audience': { type: 'string' },
      log: { type: 'string', default: 'off' },
      memory: MEMORY_OPTION,
      origin: { type: 'string', multiple: true },
      'no-sample': { type: 'boolean', default: false },
    },
    0,
  );
  const port = portOf(values.port, 'hub');
  const perSecond = values.rate === undefined ? null : Number(values.rate);
  if (perSecond !== null && !(perSecond > 0 && perSecond <= 1e6)) {
    throw new UsageError(`--rate: expected a number up to 1000000, got '${values.rate}'`, 'hub');
  }
  const rate = perSecond && rateOf(perSecond);
  const log = LOG_FORMATS.find((format) => format === values.log);
  if (!log) {
    throw new UsageError(`--log: expected ${LOG_FORMATS.join(', ')}, got '${values.log}'`, 'hub');
  }
  const jwt = jwtOptions(values.jwks, values['jwt-issuer'], values['jwt-audience']);
  const memory = memoryOf(values.memory, 'hub');
  return { ...values, rate, log, jwt, port, memory, sample: !values['no-sample'] };
}

/** @throws UsageError for a value that is neither a URL nor a file with keys. */
function jwtOptions(
  jwks: string | undefined,
  issuer: string | undefined,
  audience: string | undefined,
): JwtOptions | null {
  if (jwks === undefined) {
    if (issuer === undefined && audience === undefined) return null;
    throw new UsageError('--jwt-issuer, --jwt-audience: say with --jwks where the keys are', 'hub');
  }
  const more = {
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  if (/^https?:/.test(jwks)) return { jwks: new URL(jwks), ...more };
  try {
    return { jwks: parseKeySet(readFileSync(jwks, 'utf8')), ...more };
  } catch (error) {
    throw new UsageError(`--jwks ${jwks}: ${(error as Error).message}`, 'hub');
  }
}
