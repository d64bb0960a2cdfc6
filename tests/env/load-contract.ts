import type { HostFiles } from '../../wasm/host-files.ts';
import type { ContractModule } from './contract.ts';

/** Makes the module of wasm_main.cc over `hostFiles`; `create` is the default export of its glue. */
export async function loadContract(
  create: (options: object) => Promise<unknown>,
  wasm: WebAssembly.Module,
  hostFiles: Map<number, HostFiles>,
): Promise<ContractModule> {
  return (await create({
    hostFiles,
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      void WebAssembly.instantiate(wasm, imports).then(done);
      return {};
    },
  })) as ContractModule;
}
