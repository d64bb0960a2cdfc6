import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';
import type { CuesheetHub } from '../../worker/edge/runtimes/cloudflare.ts';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { COVERAGE } from '../coverage/collected.ts';
import { COVERAGE_PLUGINS, coverWorker } from '../coverage/workerd.ts';

const EXAMPLE = 'examples/cloudflare-hub';

interface WranglerConfig {
  main: string;
  compatibility_date: string;
  durable_objects: { bindings: { name: string; class_name: string }[] };
  migrations: { new_sqlite_classes: string[] }[];
}

export interface WorkerdOptions {
  /** Where the objects keep their storage. */
  folder: string;
  bindings: Record<string, string>;
  /** The Worker; default the example. */
  entry?: string;
  port?: number;
  inspectorPort?: number;
  /** Without what workerd says of crashes and of frames that break the protocol, with its stack. */
  quiet?: boolean;
  /** In place of the module of the package. */
  wasm?: Uint8Array;
}

/** What another Worker may call of a `CuesheetHub`. */
export type ObjectStub = Pick<CuesheetHub, 'setUsers' | 'importEvents'> & {
  status(): Promise<ReturnType<CuesheetHub['status']>>;
};

export interface Workerd {
  miniflare: Miniflare;
  url: string;
  hub(tenant?: string): Promise<ObjectStub>;
}

/** A Worker in workerd, bundled as wrangler does it: one module and the wasm beside it. */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const config = readConfig();
  const bundle = join(resolve(options.folder), 'worker');
  mkdirSync(bundle, { recursive: true });
  await build({
    entryPoints: [options.entry ?? join(EXAMPLE, config.main)],
    outfile: join(bundle, 'index.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    tsconfigRaw: {}, // ours names the source, a user's has the package
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
    logLevel: 'warning',
    plugins: COVERAGE_PLUGINS,
  });
  const inspectorPort = options.inspectorPort ?? (COVERAGE ? 0 : undefined);
  const wasm = readdirSync(bundle).filter((name) => name.endsWith('.wasm'));
  if (options.wasm) for (const name of wasm) writeFileSync(join(bundle, name), options.wasm);
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: options.port ?? 0,
    modulesRoot: bundle,
    modules: [
      { type: 'ESModule', path: join(bundle, 'index.js') },
      ...wasm.map((name) => ({ type: 'CompiledWasm' as const, path: join(bundle, name) })),
    ],
    compatibilityDate: config.compatibility_date,
    durableObjects: objectsOf(config),
    durableObjectsPersist: join(resolve(options.folder), 'objects'),
    bindings: options.bindings,
    ...(inspectorPort !== undefined && { inspectorPort }),
    ...(options.quiet && { handleRuntimeStdio: drop }),
    cf: false, // else it asks Cloudflare where this machine is
    log: new Log(LogLevel.WARN),
  });
  const url = (await miniflare.ready).origin;
  coverWorker(miniflare, url);
  return {
    miniflare,
    url,
    async hub(tenant = 'main') {
      const namespace = await miniflare.getDurableObjectNamespace('HUBS');
      return namespace.get(namespace.idFromName(tenant)) as unknown as ObjectStub;
    },
  };
}

/** The example's `wrangler.jsonc`; its comments are lines of their own. */
function readConfig(): WranglerConfig {
  const text = readFileSync(join(EXAMPLE, 'wrangler.jsonc'), 'utf8');
  const plain = text.replace(/^\s*\/\/.*$/gm, '').replace(/,(?=\s*[}\]])/g, '');
  return JSON.parse(plain) as WranglerConfig;
}

function objectsOf({ durable_objects, migrations }: WranglerConfig) {
  const sqlite = migrations.flatMap((migration) => migration.new_sqlite_classes);
  return Object.fromEntries(
    durable_objects.bindings.map(({ name, class_name: className }) => [
      name,
      { className, useSQLite: sqlite.includes(className) },
    ]),
  );
}

function drop(...streams: Readable[]): void {
  for (const stream of streams) stream.resume();
}
