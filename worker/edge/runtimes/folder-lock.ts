import {
  closeSync,
  fstatSync,
  futimes,
  linkSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomHex } from '../users.ts';
import {
  HOLDING,
  type Holder,
  holderOf,
  ownHolder,
  stateOf,
  TAKING,
  textOf,
} from './lock-holder.ts';

/** The file that names the holder. */
const LOCK = 'lock';
/** A holder shows that it runs once in this time, in milliseconds. */
const BEAT_MS = 2000;
/** A holder elsewhere that has shown nothing for this long has lost the folder. */
const SILENCE_MS = 10_000;
/** How often the lock of another is looked at. */
const SAMPLE_MS = 250;
/** A killed process may take this long to end. */
const ENDING_MS = 15_000;
/** A lock without a holder may be one that is being written. */
const UNWRITTEN_MS = 1000;
/** Two that replace a dead holder at once have both done it after this time; the later one holds the folder. */
const SETTLE_MS = 50;
/** How often the folder may change hands while somebody wants it. */
const MAX_ATTEMPTS = 20;
/** The codes of a full disk and of a full share of it. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
/** More than a lock has. */
const MAX_BYTES = 1024;
/** What a process that ended while it took the folder left behind. */
const LEFTOVER =
  /^lock\.[0-9a-f]{32}(?:\.copy)?$|^(?:users|sessions)\.json(?:\.[0-9a-f]{16})?\.new$/;

/** What a program hears of the lock of its folder. */
export interface LockOptions {
  /**
   * Called once, when another process has taken the folder. Nothing that waits for a commit may be acknowledged
   * any more: let the program end.
   */
  onLost?: (error: Error) => void;
  /** Called with a sentence before a wait of some seconds. */
  onWait?: (sentence: string) => void;
}

/** The lock of a folder that this process holds, or has lost. */
export interface FolderLock {
  readonly token: string;
  /** Whether files of the former holder may still be written by it. */
  readonly isContested: boolean;
  /** The files are as this holder wants them: to be called once, before any other of them changes. */
  complete(): void;
  /** @throws Error when another process holds the folder, or when that cannot be told. */
  assertHeld(): void;
  /** Gives the folder back; does nothing when it is another's. */
  release(): void;
}

/** A lock as it was read. */
interface Sight {
  text: string;
  mtimeMs: number;
  holder: Holder | null;
}

/**
 * Takes the lock of a folder. Waits for at most 10 s to see whether a holder elsewhere shows that it runs.
 * @throws Error when another process holds the folder; the message names it.
 */
export async function lockFolder(folder: string, options: LockOptions): Promise<FolderLock> {
  const lock = join(folder, LOCK);
  const own = ownHolder(randomHex(16));
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const sight = look(lock);
    if (!sight) {
      const fd = make(folder, own);
      if (fd !== null) return hold(folder, own, fd, false, options);
      continue;
    }
    const verdict = await judge(folder, sight, options);
    if (verdict === 'changed') continue;
    const isGone = verdict === 'gone' && sight.holder?.isComplete === true;
    const fd = replace(folder, own, sight, isGone);
    if (fd === null) continue;
    await sleep(SETTLE_MS);
    if (isOwn(lock, own)) return hold(folder, own, fd, !isGone, options);
    closeSync(fd);
  }
  throw new Error(`${folder} changes hands again and again: stop the other hubs on it first`);
}

/**
 * What a look at the lock says of its holder: it is `gone`, or `silent`, or the lock has `changed` meanwhile.
 * @throws Error when it runs.
 */
async function judge(
  folder: string,
  sight: Sight,
  { onWait }: LockOptions,
): Promise<'gone' | 'silent' | 'changed'> {
  const { holder } = sight;
  if (!holder) return watch(folder, sight, UNWRITTEN_MS);
  const state = stateOf(holder);
  if (state === 'gone') return 'gone';
  if (state === 'running') throw refusal(folder, holder, true);
  if (state === 'ending') {
    for (let waited = 0; waited < ENDING_MS && stateOf(holder) === 'ending'; waited += SETTLE_MS) {
      await sleep(SETTLE_MS);
    }
    if (stateOf(holder) !== 'gone') throw refusal(folder, holder, true);
    return 'gone';
  }
  const seconds = SILENCE_MS / 1000;
  onWait?.(`${folder} was taken by ${nameOf(holder)}: waiting ${seconds} s to see whether it runs`);
  return watch(folder, sight, SILENCE_MS);
}

/** Watches a lock for as long as nothing about it changes. @throws Error when its holder shows that it runs. */
async function watch(
  folder: string,
  { text, mtimeMs, holder }: Sight,
  limitMs: number,
): Promise<'silent' | 'changed'> {
  let last = performance.now();
  for (let silent = 0; silent < limitMs;) {
    await sleep(SAMPLE_MS);
    const now = performance.now();
    // Where this process was stopped, the holder may have been stopped with it: a pause counts as one sample.
    silent += Math.min(now - last, 2 * SAMPLE_MS);
    last = now;
    const sight = look(join(folder, LOCK));
    if (!sight || sight.holder?.token !== holder?.token) return 'changed';
    if (holder?.token && sight.mtimeMs !== mtimeMs) throw refusal(folder, holder, false);
    if (sight.text !== text) return 'changed';
  }
  return 'silent';
}

function nameOf({ pid, host }: Holder): string {
  return `a hub in another container or on another machine (${host}, process ${pid} there)`;
}

function refusal(folder: string, holder: Holder, isHere: boolean): Error {
  const who = isHere ? `the hub with process id ${holder.pid}` : nameOf(holder);
  return new Error(`${folder} is used by ${who}: stop that one first`);
}

/** Opens the file anew each time: only then does a network share ask its server. */
function look(lock: string): Sight | null {
  let fd: number;
  try {
    fd = openSync(lock, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(MAX_BYTES);
    const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, MAX_BYTES, 0));
    return { text, mtimeMs: fstatSync(fd).mtimeMs, holder: holderOf(text) };
  } finally {
    closeSync(fd);
  }
}

function isOwn(lock: string, own: Holder): boolean {
  return look(lock)?.holder?.token === own.token;
}

function write(path: string, own: Holder): number {
  const fd = openSync(path, 'wx+');
  try {
    writeSync(fd, textOf(own) + TAKING);
    return fd;
  } catch (error) {
    closeSync(fd);
    rmSync(path, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    throw Object.assign(new Error(`the lock cannot be written: ${message}`), { code });
  }
}

/** Makes the lock where there is none. The descriptor, or null when another was quicker. */
function make(folder: string, own: Holder): number | null {
  const lock = join(folder, LOCK);
  const next = join(folder, `${LOCK}.${own.token}`);
  const fd = write(next, own);
  try {
    linkSync(next, lock); // the lock is there with its whole content, or not
    return fd;
  } catch (error) {
    closeSync(fd);
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return null;
  } finally {
    rmSync(next, { force: true });
  }
  try {
    return write(lock, own); // a file system without links
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  }
}

/**
 * Puts the own lock in the place of one that was judged. The descriptor, or null when that one has changed, or was
 * removed here to make room on a full disk, which only a holder that has certainly ended allows.
 */
function replace(folder: string, own: Holder, sight: Sight, isGone: boolean): number | null {
  const lock = join(folder, LOCK);
  const next = join(folder, `${LOCK}.${own.token}`);
  const isSame = () => look(lock)?.text === sight.text;
  let fd: number;
  try {
    fd = write(next, own);
  } catch (error) {
    if (!isGone || !FULL.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    if (isSame()) rmSync(lock, { force: true });
    return null;
  }
  try {
    if (isSame()) {
      renameSync(next, lock);
      return fd;
    }
  } catch (error) {
    closeSync(fd);
    rmSync(next, { force: true });
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null; // another has cleaned up
    throw error;
  }
  closeSync(fd);
  rmSync(next, { force: true });
  return null;
}

/** `fd` is the lock's own file: what is written by it never reaches the lock of a successor, which is another file. */
function hold(
  folder: string,
  own: Holder,
  fd: number,
  isContested: boolean,
  { onLost }: LockOptions,
): FolderLock {
  const lock = join(folder, LOCK);
  // Another that was stopped while it took the folder cannot go on: the files that it would put in place are gone.
  for (const name of readdirSync(folder)) {
    if (LEFTOVER.test(name)) rmSync(join(folder, name), { force: true });
  }
  const head = Buffer.from(textOf(own));
  const found = Buffer.alloc(head.length);
  let lost: Error | null = null;
  let isOpen = true;

  function lose(): Error {
    const holder = look(lock)?.holder;
    const who = holder
      ? `another one has taken it (${holder.host}, process ${holder.pid} there)`
      : 'its lock was removed';
    const kept = 'nothing that was acknowledged is lost';
    lost = new Error(`${folder} is not held by this hub any more: ${who}; it stops, ${kept}`);
    clearInterval(timer);
    onLost?.(lost);
    return lost;
  }

  function assertHeld(): void {
    if (lost) throw lost;
    if (!isThere(lock, fd, head, found)) throw lose();
  }

  let isBeating = false;
  const timer = setInterval(() => {
    try {
      assertHeld();
    } catch {
      return; // it is lost, or the folder cannot be read now: the next commit says so
    }
    if (isBeating) return;
    isBeating = true;
    const now = Date.now() / 1000;
    // Needs no room on the disk. If it fails, somebody else may take the folder, and the token still tells.
    futimes(fd, now, now, () => {
      isBeating = false;
    });
  }, BEAT_MS);
  timer.unref();

  return {
    token: own.token,
    isContested,
    complete: () => void writeSync(fd, Buffer.from(HOLDING), 0, HOLDING.length, head.length),
    assertHeld,
    release() {
      if (!isOpen) return;
      isOpen = false;
      clearInterval(timer);
      try {
        if (!lost && isThere(lock, fd, head, found)) rmSync(lock, { force: true });
      } finally {
        closeSync(fd);
      }
    },
  };
}

/** Whether the lock begins with `head`. @throws Error of the file system when it cannot be read. */
function isThere(lock: string, own: number, head: Buffer, found: Buffer): boolean {
  let fd: number;
  try {
    fd = openSync(lock, 'r');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    // No descriptor is free, for example because of many sockets.
    if (code === 'EMFILE' || code === 'ENFILE') return statSync(lock).ino === fstatSync(own).ino;
    throw error;
  }
  try {
    return readSync(fd, found, 0, head.length, 0) === head.length && found.equals(head);
  } finally {
    closeSync(fd);
  }
}
