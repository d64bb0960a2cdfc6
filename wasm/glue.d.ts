/** What cuesheet.js and cuesheet-hub.js, made by Emscripten, offer to load.ts. */
declare module '#glue' {
  import type { HostFiles } from './host-files.ts';

  export interface Glue {
    HEAPU8: Uint8Array;
    FS: typeof FS;
    IDBFS: Emscripten.FileSystemType;
    _cue_abi_version(): number;
    _cue_allocate(size: number): number;
    _cue_free(pointer: number): void;
    _cue_create(pointer: number, length: number): number;
    _cue_destroy(handle: number): void;
    _cue_call(handle: number, method: number, pointer: number, length: number): number;
    _cue_take_effects(handle: number): number;
    _cue_result_pointer(handle: number): number;
    _cue_result_length(handle: number): number;
  }

  export interface GlueOptions {
    hostFiles: Map<number, HostFiles>;
    instantiateWasm(
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ): object;
    print?: (text: string) => void;
    printErr?: (text: string) => void;
  }

  const createModule: (options: GlueOptions) => Promise<Glue>;
  export default createModule;
}
