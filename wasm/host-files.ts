/**
 * What a commit survives: `relaxed` a crash of the process or the browser, `strict` also a crash of the
 * machine. Hosts with real files are always strict.
 */
export type Durability = 'relaxed' | 'strict';

/**
 * The files of one store as the core's `Env` sees them: flat names, synchronous calls, and one
 * asynchronous barrier. A method that throws becomes a `storage` error with the thrown message.
 * tests/env is the contract of every host.
 */
export interface HostFiles {
  /** The names of all files. */
  list(): string[];
  /** Size in bytes, or -1 when there is no such file. */
  size(name: string): number;
  /** Whether `read` can answer now. Only a host that reads asynchronously says no. */
  isLoaded(name: string): boolean;
  /** Loads the content of files into memory, so that `read` can answer. */
  load(names: readonly string[]): Promise<void>;
  /** Their content may leave memory again. */
  unload(names: readonly string[]): void;
  /** Up to `length` bytes from `offset`, at least one unless the file ends there; more take another call. */
  read(name: string, offset: number, length: number): Uint8Array;
  /** Makes the file when it is missing. The bytes are only valid during the call. */
  append(name: string, bytes: Uint8Array): void;
  /** Cuts the file. Throws when there is none. */
  truncate(name: string, length: number): void;
  /** Replaces the whole content. */
  write(name: string, bytes: Uint8Array): void;
  /** Replaces the file of the new name. Throws when there is none of the old name. */
  rename(from: string, to: string): void;
  /** Does nothing when there is no such file. */
  remove(name: string): void;
  /** Resolves when all changes so far survive a crash; rejects when that is not certain. */
  commit(durability: Durability): Promise<void>;
  /** Throws when another process has taken the files over; `commit` asks this itself. Absent where none can. */
  assertHeld?(): void;
}
