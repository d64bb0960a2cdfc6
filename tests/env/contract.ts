import type { HostFiles } from '../../wasm/host-files.ts';

/** The module of wasm_main.cc. */
export interface ContractModule {
  FS: typeof FS;
  IDBFS: Emscripten.FileSystemType;
  UTF8ToString(pointer: number): string;
  _contract_stages(): number;
  _contract_name(stage: number): number;
  _contract_run(stage: number, step: number, files: number, cold: number): number;
}

/** A kind of files to try. A stage begins with a folder of its own, and opens it several times. */
export interface Host {
  open(folder: string): Promise<HostFiles>;
  close(files: HostFiles): void;
  /** Contents of `block-` files are only in memory after `load`. */
  onDemand: boolean;
}

const STEPS = [0, 1, 2];

/**
 * Runs every stage, with names of files that are always in memory or (`cold`) of such as are not.
 * Returns what is wrong, a sentence for each.
 */
export async function runContract(
  module: ContractModule,
  hostFiles: Map<number, HostFiles>,
  host: Host,
  cold: boolean,
): Promise<{ stages: number; wrong: string[] }> {
  const wrong: string[] = [];
  const stages = module._contract_stages();
  for (let stage = 0; stage < stages; stage++) {
    const name = module.UTF8ToString(module._contract_name(stage));
    const folder = `${cold ? 'cold' : 'hot'}-${stage}`;
    for (const step of STEPS) {
      const files = await host.open(folder);
      const say = (text: string) => text !== '' && wrong.push(`${name}, step ${step}: ${text}`);
      try {
        if (cold && host.onDemand) say(await loadAll(files));
        hostFiles.set(1, files);
        say(module.UTF8ToString(module._contract_run(stage, step, 1, cold ? 1 : 0)));
        await files.commit('relaxed');
        if (cold && host.onDemand) say(unloadedAll(files));
      } catch (error) {
        say((error as Error).message);
      }
      host.close(files);
    }
  }
  return { stages, wrong };
}

async function loadAll(files: HostFiles): Promise<string> {
  const names = files.list();
  for (const name of names) {
    if (files.isLoaded(name)) return `${name} is in memory before anybody asked for it`;
    try {
      files.read(name, 0, 1);
      return `${name} could be read before it was loaded`;
    } catch {
      // as it has to be
    }
  }
  await files.load(names);
  const missing = names.find((name) => !files.isLoaded(name));
  return missing === undefined ? '' : `${missing} was not loaded`;
}

function unloadedAll(files: HostFiles): string {
  files.unload(files.list());
  const kept = files.list().find((name) => files.isLoaded(name));
  return kept === undefined ? '' : `${kept} did not leave memory`;
}
