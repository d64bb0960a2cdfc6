import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { CuesheetHub } from '../../worker/edge/cloudflare.ts';
import { Log, LogLevel, Miniflare } from 'miniflare';

/** As in examples/cloudflare-hub/wrangler.jsonc. */
export const COMPATIBILITY_DATE = '2026-04-01';
const EXAMPLE = 'examples/cloudflare-hub/index.ts';

export interface WorkerdOptions {
  /** Where the objects keep their storage. */
  folder: string;
  bindings: Record<string, string>;
  /** The Worker; default the example. */
  entry?: string;
  port?: number;
  inspectorPort?: number;
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
  const bundle = join(resolve(options.folder), 'worker');
  mkdirSync(bundle, { recursive: true });
  await build({
    entryPoints: [options.entry ?? EXAMPLE],
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
  });
  const wasm = readdirSync(bundle).filter((name) => name.endsWith('.wasm'));
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: options.port ?? 0,
    modulesRoot: bundle,
    modules: [
      { type: 'ESModule', path: join(bundle, 'index.js') },
      ...wasm.map((name) => ({ type: 'CompiledWasm' as const, path: join(bundle, name) })),
    ],
    compatibilityDate: COMPATIBILITY_DATE,
    durableObjects: { HUBS: { className: 'CuesheetHub', useSQLite: true } },
    durableObjectsPersist: join(resolve(options.folder), 'objects'),
    bindings: options.bindings,
    ...(options.inspectorPort !== undefined && { inspectorPort: options.inspectorPort }),
    cf: false, // else it asks Cloudflare where this machine is
    log: new Log(LogLevel.WARN),
  });
  const url = (await miniflare.ready).origin;
  return {
    miniflare,
    url,
    async hub(tenant = 'main') {
      const namespace = await miniflare.getDurableObjectNamespace('HUBS');
      return namespace.get(namespace.idFromName(tenant)) as unknown as ObjectStub;
    },
  };
}
