import createModule, { type Glue } from '#glue';
import type { HostFiles } from './host-files.ts';
import { ABI_VERSION, type Effect, type ErrorCode, type Method } from './methods.ts';

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
  /** @throws CoreError when the core refuses the call. */
  call<Header = Record<string, unknown>>(
    method: Method,
    header?: Record<string, unknown>,
    body?: Uint8Array | string,
  ): Result<Header>;
  takeEffects(): Effect[];
  destroy(): void;
}

export interface Core {
  create(role: 'replica' | 'hub', files: HostFiles, segmentBytes?: number): CoreStore;
  /** The Emscripten module, for the IDBFS mount. */
  glue: Glue;
}

const NEWLINE = 10;
const OBJECT_BEGIN = 123;
const OBJECT_END = 125;
/** Bytes that a UTF-16 unit takes at most. */
const MAX_UTF8 = 3;
/** A text of at most so many units is encoded where the module reads it. */
const MAX_IN_PLACE = 16 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Microseconds since 1970 UTC. */
export function nowMicros(): number {
  return Date.now() * 1000;
}

/**
 * Instantiates the core. The host brings the compiled module, so the same glue loads in a browser
 * worker, Node, Deno, Bun and workerd.
 */
export async function loadCore(wasm: WebAssembly.Module): Promise<Core> {
  const hostFiles = new Map<number, HostFiles>();
  const glue = await createModule({
    hostFiles,
    instantiateWasm(imports, done) {
      void WebAssembly.instantiate(wasm, imports).then((instance) => {
        done(instance, wasm);
      });
      return {};
    },
  });
  const version = glue._cue_abi_version();
  if (version !== ABI_VERSION) {
    throw new Error(
      `cuesheet.wasm speaks version ${version}, this package speaks ${ABI_VERSION}: ` +
        'serve the .wasm file of the same package version',
    );
  }
  let nextFiles = 1;
  return {
    glue,
    create(role, files, segmentBytes) {
      const number = nextFiles++;
      hostFiles.set(number, files);
      const options = { role, files: number, segmentBytes };
      const handle = withRequest(glue, options, undefined, (pointer, length) =>
        glue._cue_create(pointer, length),
      );
      if (handle === 0) {
        hostFiles.delete(number);
        throw refusal(parseFrame(glue, 0).header);
      }
      return bindStore(glue, handle, () => hostFiles.delete(number));
    },
  };
}

function bindStore(glue: Glue, handle: number, release: () => void): CoreStore {
  return {
    call<Header>(method: Method, header: Record<string, unknown> = {}, body?: Uint8Array | string) {
      const done = withRequest(glue, header, body, (pointer, length) =>
        glue._cue_call(handle, method, pointer, length),
      );
      const result = parseFrame(glue, handle);
      if (done === 0) throw refusal(result.header);
      return result as Result<Header>;
    },
    takeEffects() {
      if (glue._cue_take_effects(handle) === 0) return [];
      const lines = decoder.decode(resultBytes(glue, handle)).split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Effect);
    },
    destroy() {
      glue._cue_destroy(handle);
      release();
    },
  };
}

/** Puts a frame (docs/border.md) into the module's memory for as long as `use` runs. */
function withRequest<T>(
  glue: Glue,
  header: Record<string, unknown>,
  body: Uint8Array | string | undefined,
  use: (at: number, size: number) => T,
): T {
  let text = JSON.stringify(header);
  if (body !== undefined) text += '\n';
  let bytes: Uint8Array | undefined;
  if (typeof body !== 'string') bytes = body;
  else if (body.length > MAX_IN_PLACE) bytes = encoder.encode(body);
  else text += body;
  const room = MAX_UTF8 * text.length + (bytes?.length ?? 0);
  const pointer = glue._cue_allocate(room);
  if (pointer === 0) throw new CoreError('too_large', `no memory for a request of ${room} bytes`);
  try {
    const memory = glue.HEAPU8.subarray(pointer, pointer + room);
    const { written } = encoder.encodeInto(text, memory);
    if (bytes) memory.set(bytes, written);
    return use(pointer, written + (bytes?.length ?? 0));
  } finally {
    glue._cue_free(pointer);
  }
}

/** The result where it lies: only valid until the next call. */
function resultBytes(glue: Glue, handle: number): Uint8Array {
  const pointer = glue._cue_result_pointer(handle);
  return glue.HEAPU8.subarray(pointer, pointer + glue._cue_result_length(handle));
}

function parseFrame(glue: Glue, handle: number): Result<Record<string, unknown>> {
  const bytes = resultBytes(glue, handle);
  const cut = bytes.indexOf(NEWLINE);
  const head = cut === -1 ? bytes : bytes.subarray(0, cut);
  const isEmpty = head.length === 2 && head[0] === OBJECT_BEGIN && head[1] === OBJECT_END;
  return {
    header: isEmpty ? {} : (JSON.parse(decoder.decode(head)) as Record<string, unknown>),
    body: cut === -1 ? new Uint8Array() : bytes.slice(cut + 1),
  };
}

function refusal(header: Record<string, unknown>): CoreError {
  const { code, message } = header['error'] as { code: ErrorCode; message: string };
  return new CoreError(code, message);
}
