import { type Border, type CoreCrash, type FileSystems, instantiate, NoMemory } from './border.ts';
import type { HostFiles } from './host-files.ts';
import {
  ABI_VERSION,
  type Effect,
  type ErrorCode,
  type Method,
  type StoreRole,
} from './methods.ts';

export { CoreCrash } from './border.ts';
export { entropy } from './entropy.ts';

/** A call that the core refused. `code` is stable, `message` says what, where and what to do. */
export class CoreError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'CoreError';
    this.code = code;
  }
}

export interface Result<Header> {
  header: Header;
  /** A copy: it stays valid after the next call. Empty when the core sent no body. */
  body: Uint8Array;
}

/** One store inside the module; see docs/border.md for methods and headers. */
export interface CoreStore {
  /** @throws CoreError when the core refuses the call, CoreCrash when it has ended. */
  call<Header = Record<string, unknown>>(
    method: Method,
    header?: Record<string, unknown>,
    body?: Uint8Array | string,
  ): Result<Header>;
  takeEffects(): Effect[];
  destroy(): void;
}

export interface Core {
  /** `memory`: bytes that the store may use; default: all that a module can have. */
  create(role: StoreRole, files: HostFiles, segmentBytes?: number, memory?: number): CoreStore;
  /** For the mount of IDBFS. */
  fileSystems: FileSystems;
  /** Bytes of the module's memory, which grows and never shrinks. */
  memoryBytes(): number;
  /**
   * Calls `told` once when the module has trapped; every further call throws the same CoreCrash. Committed
   * changes are in the files; its stores must not be used any more.
   */
  onCrash(told: (crash: CoreCrash) => void): void;
  hasCrashed(): boolean;
}

const NEWLINE = 10;
const OBJECT_BEGIN = 123;
const OBJECT_END = 125;
const decoder = new TextDecoder();

/** Microseconds since 1970 UTC. */
export function nowMicros(): number {
  return Date.now() * 1000;
}

/**
 * Instantiates the core. The host passes in the compiled module, so the same glue loads in a browser
 * worker, Node, Deno, Bun and workerd.
 */
export async function loadCore(wasm: WebAssembly.Module): Promise<Core> {
  const hostFiles = new Map<number, HostFiles>();
  const border = await instantiate(wasm, hostFiles);
  const version = border.abiVersion();
  if (version !== ABI_VERSION) {
    throw new Error(
      `cuesheet.wasm speaks version ${version}, this package speaks ${ABI_VERSION}: ` +
        'serve the .wasm file of the same package version',
    );
  }
  let nextFiles = 1;
  return {
    fileSystems: border.fileSystems,
    memoryBytes: border.memoryBytes,
    onCrash: border.onCrash,
    hasCrashed: border.hasCrashed,
    create(role, files, segmentBytes, memory) {
      const number = nextFiles++;
      hostFiles.set(number, files);
      const header = JSON.stringify({ role, files: number, segmentBytes, memory });
      const handle = border.create({ header, body: undefined });
      if (handle === 0) {
        hostFiles.delete(number);
        throw refusal(parseFrame(border, 0).header);
      }
      return bindStore(border, handle, () => hostFiles.delete(number));
    },
  };
}

function bindStore(border: Border, handle: number, release: () => void): CoreStore {
  return {
    call<Header>(method: Method, header: Record<string, unknown> = {}, body?: Uint8Array | string) {
      const done = ask(() => border.call(handle, method, { header: JSON.stringify(header), body }));
      const result = parseFrame(border, handle);
      if (!done) throw refusal(result.header);
      return result as Result<Header>;
    },
    takeEffects() {
      if (border.takeEffects(handle) === 0) return [];
      const lines = decoder.decode(border.result(handle)).split('\n');
      return lines.filter((line) => line !== '').map((line) => parse<Effect>(border, line));
    },
    destroy() {
      border.destroy(handle);
      release();
    },
  };
}

function ask<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw error instanceof NoMemory ? new CoreError('too_large', error.message) : error;
  }
}

function parseFrame(border: Border, handle: number): Result<Record<string, unknown>> {
  const bytes = border.result(handle);
  const cut = bytes.indexOf(NEWLINE);
  const head = cut === -1 ? bytes : bytes.subarray(0, cut);
  const isEmpty = head.length === 2 && head[0] === OBJECT_BEGIN && head[1] === OBJECT_END;
  return {
    header: isEmpty ? {} : parse(border, decoder.decode(head)),
    body: cut === -1 ? new Uint8Array() : bytes.slice(cut + 1),
  };
}

/** The core writes JSON. Anything else means damaged memory, whose content must not be shown. */
function parse<T>(border: Border, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw border.crash('its answer cannot be read');
  }
}

function refusal(header: Record<string, unknown>): CoreError {
  const { code, message } = header['error'] as { code: ErrorCode; message: string };
  return new CoreError(code, message);
}
