import { readFile } from 'node:fs/promises';
import { memoryFiles } from '../../../wasm/memory-files.ts';
import { createHub } from '../hub.ts';
import { packBrotli } from '../runtimes/brotli.ts';
import { announce, createLog, LOG_FORMATS } from '../log.ts';
import { servePage } from '../runtimes/page.ts';
import { createRelayCredentials } from '../relay/credentials.ts';
import { upstreamAt } from '../relay/upstream.ts';
import { type Command, packageFile, parseOptions, UsageError } from './command.ts';
import { endAfterCrash, ended, portOf, serverOfRuntime, stop } from './serving.ts';
import { MEMORY_OPTION, memoryOf } from './store-folder.ts';

const HELP = `usage: cuesheet relay URL [options]

Follows the hub or AYON server at URL and serves its events to many: reads and WebSockets come from a copy in
memory, writes are handed on with the caller's own credentials. CUESHEET_UPSTREAM_KEY holds the API
key of a service, an admin or a manager there.

  --port N       port to listen on, 0 = any free one (default 5001)
  --host HOST    address to listen on (default 127.0.0.1)
  --origin URL   a web origin whose pages may call this relay (CORS); may be given several times
  --log FORMAT   json, text or off (default), as with cuesheet hub
  --memory SIZE  memory that the copy may use, as with cuesheet hub
  --help         this text`;

export const relayCommand: Command = {
  help: HELP,
  async run(args) {
    const { url, key, port, host, log, origin, memory } = readOptions(args);
    const Socket = globalThis.WebSocket ?? (await import('ws')).WebSocket; // Node 20 has none
    const upstream = upstreamAt(url, key, (address) => new Socket(address));
    const relay = await createHub({
      wasm: new WebAssembly.Module(await readFile(packageFile('cuesheet-hub.wasm'))),
      files: memoryFiles(),
      credentials: createRelayCredentials(upstream),
      upstream,
      log: createLog(log),
      memory,
      onCrash: endAfterCrash,
      packBrotli,
      ...(origin && { origins: origin }),
      page: servePage(packageFile('../page')),
    });
    const serve = await serverOfRuntime();
    const server = await serve(relay, port, host);
    const signal = ended(); // before the command prints that it runs
    announce(log, `cuesheet relay ready on ${server.url}`);
    await signal;
    return stop(server);
  },
};

function readOptions(args: string[]) {
  const { values, positionals } = parseOptions(
    'relay',
    args,
    {
      port: { type: 'string', default: '5001' },
      host: { type: 'string', default: '127.0.0.1' },
      origin: { type: 'string', multiple: true },
      log: { type: 'string', default: 'off' },
      memory: MEMORY_OPTION,
    },
    1,
  );
  const [url = ''] = positionals;
  if (!/^https?:\/\/[^/?#]+\/?$/.test(url)) {
    throw new UsageError(
      `relay: expected the URL of a hub or an AYON server, got '${url}'`,
      'relay',
    );
  }
  const key = process.env['CUESHEET_UPSTREAM_KEY'];
  if (!key) {
    throw new UsageError('relay: CUESHEET_UPSTREAM_KEY holds no API key of the upstream', 'relay');
  }
  const log = LOG_FORMATS.find((format) => format === values.log);
  if (!log) {
    throw new UsageError(`--log: expected ${LOG_FORMATS.join(', ')}, got '${values.log}'`, 'relay');
  }
  const port = portOf(values.port, 'relay');
  const memory = memoryOf(values.memory, 'relay');
  const { host, origin } = values;
  return { url: url.replace(/\/$/, ''), key, port, host, log, origin, memory };
}
