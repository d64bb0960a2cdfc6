import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** The files of `dist/client` of one version of the package. */
export type ClientFiles = Record<'index.js' | 'worker.js' | 'cuesheet.wasm', Uint8Array>;

const NAMES = ['index.js', 'worker.js', 'cuesheet.wasm'] as const;

/** The client of version 0.1.0, as it was published: its pages and workers say no version. */
export function publishedClient(): ClientFiles {
  const archive = 'tests/frozen/0.1.0/client.tgz';
  return filesOf((name) =>
    execFileSync('tar', ['-xzOf', archive, `client/${name}`], { maxBuffer: 2 ** 26 }),
  );
}

/** The client of today. */
export const presentClient = (): ClientFiles =>
  filesOf((name) => readFileSync(join('dist/client', name)));

/** What a later version changes: text of a source file, and its replacement. */
export type Edits = Record<string, [from: RegExp, to: string][]>;

/** A client of the sources of today with these edits, as a later version may be. */
export async function laterClient(edits: Edits): Promise<ClientFiles> {
  const unused = new Set(Object.keys(edits));
  const [index, worker] = await Promise.all(
    ['web/client/index.ts', 'worker/browser/entry.ts'].map(async (entry) => {
      const { outputFiles } = await build({
        entryPoints: [entry],
        bundle: true,
        format: 'esm',
        target: 'es2022',
        write: false,
        logLevel: 'warning',
        plugins: [editing(edits, unused)],
      });
      return outputFiles[0]?.contents as Uint8Array;
    }),
  );
  if (unused.size > 0) throw new Error(`not edited: ${[...unused].join(', ')}`);
  const wasm = readFileSync('dist/client/cuesheet.wasm');
  return filesOf(
    (name) => ({ 'index.js': index, 'worker.js': worker, 'cuesheet.wasm': wasm })[name],
  );
}

function editing(edits: Edits, unused: Set<string>): Plugin {
  return {
    name: 'edits',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const name = Object.keys(edits).find((file) => path.endsWith(`/${file}`));
        if (name === undefined) return null;
        let contents = readFileSync(path, 'utf8');
        for (const [from, to] of edits[name] ?? []) {
          if (!from.test(contents)) throw new Error(`${name} has no ${from}`);
          contents = contents.replace(from, to);
        }
        unused.delete(name);
        return { contents, loader: 'ts' };
      });
    },
  };
}

function filesOf(read: (name: (typeof NAMES)[number]) => Uint8Array | undefined): ClientFiles {
  return Object.fromEntries(NAMES.map((name) => [name, read(name)])) as ClientFiles;
}
