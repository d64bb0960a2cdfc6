#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createCredentials } from './credentials.ts';
import { createHub } from './hub.ts';
import { serveNode, servePage } from './node.ts';
import { openNodeFiles } from './node-files.ts';
import { startSample } from './sample.ts';
import { fileSessions, loadUsers } from './user-files.ts';

const HELP = `usage: cuesheet start [options]

Runs a hub: AYON's event protocol and an event viewer on this machine.

  --port N       port to listen on, 0 = any free one (default 5000)
  --host HOST    address to listen on (default 127.0.0.1)
  --data DIR     folder of the events (default .cuesheet in the current folder)
  --users FILE   users as JSON: [{"name", "apiKey", "password", "data": {"isService": true}}];
                 without it an admin and a service user are made at the first start
  --no-sample    do not make sample events
  --help         this text`;

/** What waits is written within this time of a signal, or the hub ends with 1. */
const STOP_TIMEOUT_MS = 4500;

const here = dirname(fileURLToPath(import.meta.url));

class UsageError extends Error {}

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (!options) {
    console.log(HELP);
    return;
  }
  const files = openNodeFiles(options.data);
  process.on('exit', () => files.close());
  const users = await loadUsers(options.data, options.users);
  const credentials = createCredentials(users, fileSessions(join(options.data, 'sessions.json')));
  const hub = await createHub({
    wasm: new WebAssembly.Module(await readFile(join(here, 'cuesheet-hub.wasm'))),
    files,
    credentials,
    page: servePage(join(here, '../page')),
  });
  const server = await serveNode(hub, options.port, options.host);
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

  const stop = async () => {
    setTimeout(() => fail(new Error('stopping took too long')), STOP_TIMEOUT_MS).unref();
    sample.stop();
    await server.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop().catch(fail));
  process.once('SIGINT', () => void stop().catch(fail));
}

function readOptions(args: string[]) {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  if (positionals.length > 1 || (positionals[0] ?? 'start') !== 'start') {
    throw new UsageError(`no command is called '${positionals.join(' ')}'`);
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UsageError(`--port: expected a number from 0 to 65535, got '${values.port}'`);
  }
  return {
    port,
    host: values.host,
    data: values.data,
    users: values.users,
    sample: !values['no-sample'],
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        port: { type: 'string', default: '5000' },
        host: { type: 'string', default: '127.0.0.1' },
        data: { type: 'string', default: '.cuesheet' },
        users: { type: 'string' },
        'no-sample': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** One sentence a person can act on. */
function explain(error: unknown): string {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `port ${port} is in use: choose another one with --port`;
  if (code === 'EACCES') return `${message}: choose another port or folder`;
  return message;
}

function fail(error: unknown): never {
  console.error(`cuesheet: ${explain(error)}`);
  if (error instanceof UsageError) console.error('cuesheet: see cuesheet start --help');
  process.exit(error instanceof UsageError ? 2 : 1);
}

main(process.argv.slice(2)).catch(fail);
