import createModule, { type Glue } from '#glue';
import type { HostFiles } from './host-files.ts';

/**
 * Where a thing lies in the module's memory, 0 to 2^32 - 1. An export gives an address beyond 2^31 as a
 * negative number, which `subarray` would count from the end of the memory: `addressOf` makes it one.
 */
type Address = number & { readonly unsigned: true };

/**
 * The module has trapped or was aborted. What it was doing is half done, so its memory cannot be trusted.
 * The store has to be opened again from its files, in another instance.
 */
export class CoreCrash extends Error {
  constructor(reason: string) {
    super(`the core stopped (${reason})`);
    this.name = 'CoreCrash';
  }
}

/** Where Emscripten keeps files: for the mount of IDBFS. */
export type FileSystems = Pick<Glue, 'FS' | 'IDBFS'>;

/** One instance of the module: the nine functions of docs/border.md, and nothing else of it. */
export interface Border {
  readonly fileSystems: FileSystems;
  abiVersion(): number;
  /** The handle; 0 = refused, see `result(0)`. */
  create(request: RequestFrame): number;
  /** Whether it was done; else `result` says why not. */
  call(handle: number, method: number, request: RequestFrame): boolean;
  /** How many there are; `result` has them. */
  takeEffects(handle: number): number;
  destroy(handle: number): void;
  /** The result where it lies: only valid until the next call. */
  result(handle: number): Uint8Array;
  /** Bytes of the module's memory, which grows and never shrinks. */
  memoryBytes(): number;
  /** Calls `told` once when the instance has ended, before the caller of a method gets the error. */
  onCrash(told: (crash: CoreCrash) => void): void;
  hasCrashed(): boolean;
  /** Ends the instance, because its answer cannot be read. */
  crash(reason: string): CoreCrash;
}

/** Header (compact JSON) and body of a request. */
export interface RequestFrame {
  header: string;
  body: Uint8Array | string | undefined;
}

/** Bytes that a UTF-16 unit takes at most. */
const MAX_UTF8 = 3;
/** A text of at most this many units is encoded directly into the module's memory. */
const MAX_IN_PLACE = 16 * 1024;
/** Lines that the module prints, kept for the reason of a crash. */
const MAX_LINES = 8;
/** Room for a request; a size is a number of 32 bits in the module. */
const MAX_REQUEST_BYTES = 2 ** 31;
const encoder = new TextEncoder();

/** There is no memory for the request; nothing has happened. */
export class NoMemory extends Error {}

/**
 * Instantiates the compiled module with the files of its stores. Rejects when that fails, for example
 * without memory. No other file may import the glue: a direct call of an export would meet negative
 * addresses and dead instances.
 */
export async function instantiate(
  wasm: WebAssembly.Module,
  hostFiles: Map<number, HostFiles>,
): Promise<Border> {
  const printed: string[] = [];
  const print = (line: string) => {
    if (printed.length < MAX_LINES) printed.push(line);
  };
  const glue = await new Promise<Glue>((resolve, reject) => {
    createModule({
      hostFiles,
      print,
      printErr: print,
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(wasm, imports)
          .then((instance) => done(instance, wasm))
          .catch(reject);
        return {};
      },
    }).then(resolve, reject);
  });
  return createBorder(glue, printed);
}

function createBorder(glue: Glue, printed: readonly string[]): Border {
  const listeners: ((crash: CoreCrash) => void)[] = [];
  let crashed: CoreCrash | null = null;

  function crash(reason: string): CoreCrash {
    if (crashed) return crashed;
    crashed = new CoreCrash(reason);
    for (const told of listeners) told(crashed);
    return crashed;
  }

  /** host_files.js catches errors of the files, so any other error ends the instance. */
  function inside<T>(run: () => T): T {
    if (crashed) throw crashed;
    try {
      return run();
    } catch (error) {
      throw crash(printed[0] ?? (error as Error).message);
    }
  }

  function bytesAt(address: Address, size: number): Uint8Array {
    return glue.HEAPU8.subarray(address, address + size);
  }

  /** Puts the frame into the module's memory for as long as `use` runs. */
  function withRequest<T>(
    { header, body }: RequestFrame,
    use: (at: Address, size: number) => T,
  ): T {
    let text = body === undefined ? header : `${header}\n`;
    let bytes: Uint8Array | undefined;
    if (typeof body !== 'string') bytes = body;
    else if (body.length > MAX_IN_PLACE) bytes = encoder.encode(body);
    else text += body;
    const room = MAX_UTF8 * text.length + (bytes?.length ?? 0);
    const isPossible = room < MAX_REQUEST_BYTES;
    const address = isPossible ? inside(() => addressOf(glue._cue_allocate(room))) : 0;
    if (address === 0) throw new NoMemory(`no memory for a request of ${room} bytes`);
    const memory = bytesAt(address, room);
    const { written } = encoder.encodeInto(text, memory);
    if (bytes) memory.set(bytes, written);
    return inside(() => {
      const done = use(address, written + (bytes?.length ?? 0));
      glue._cue_free(address);
      return done;
    });
  }

  return {
    fileSystems: glue,
    abiVersion: () => inside(() => glue._cue_abi_version()),
    create: (request) => withRequest(request, (at, size) => glue._cue_create(at, size)),
    call: (handle, method, request) =>
      withRequest(request, (at, size) => glue._cue_call(handle, method, at, size) !== 0),
    takeEffects: (handle) => inside(() => glue._cue_take_effects(handle)),
    destroy: (handle) => inside(() => glue._cue_destroy(handle)),
    result: (handle) =>
      inside(() => {
        const address = addressOf(glue._cue_result_pointer(handle));
        return bytesAt(address, glue._cue_result_length(handle) >>> 0);
      }),
    memoryBytes: () => glue.HEAPU8.length,
    onCrash: (told) => void listeners.push(told),
    hasCrashed: () => crashed !== null,
    crash,
  };
}

function addressOf(exported: number): Address {
  return (exported >>> 0) as Address;
}
