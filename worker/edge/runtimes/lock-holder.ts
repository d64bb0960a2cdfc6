import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who holds a folder, as its lock says it (docs/storage.md, The lock of a folder). */
export interface Holder {
  pid: number;
  /** When the process started, in the ticks of Linux's /proc; empty where there is none. */
  start: string;
  /** 32 hex digits that no other holder has; empty in a lock of version 0.1.0. */
  token: string;
  /** The running kernel and the namespace of process ids; empty where they cannot be told. */
  system: string;
  /** The name of the machine or container, for people. */
  host: string;
  /** Whether it has finished taking the folder over. */
  isComplete: boolean;
}

/** What can be told of a process: `unknown` is one that may run, here or elsewhere. */
export type ProcessState = 'running' | 'ending' | 'gone' | 'unknown';

/** Both have one length, so that the second replaces the first in place. */
export const TAKING = 'taking ';
export const HOLDING = 'holding';

/** A flag of a process in /proc that is on its way out (PF_EXITING). */
const EXITING = 0x4;
/** SIGKILL in a mask of signals. */
const KILL = 1n << 8n;

/** The holder that this process is. */
export function ownHolder(token: string): Holder {
  const start = readStat('self')?.start ?? '';
  const isComplete = false;
  return { pid: process.pid, start, token, system: ownSystem(), host: hostOf(), isComplete };
}

/** Version 0.1.0 reads the first two lines. */
export function textOf({ pid, start, token, system, host }: Holder): string {
  return `${pid}\n${start}\n${token}\n${system}\n${host}\n`;
}

/** The holder that a lock names; null when the text names none, as a lock that was not written to its end. */
export function holderOf(text: string): Holder | null {
  const [pid = '', start = '', token = '', system = '', host = '', state = ''] = text.split('\n');
  if (!/^[1-9]\d*$/.test(pid)) return null;
  return { pid: Number(pid), start, token, system, host, isComplete: state === HOLDING };
}

/**
 * Whether the process of a holder runs. Only a process of the same kernel and namespace can be looked up; of
 * any other the number says nothing.
 */
export function stateOf(holder: Holder): ProcessState {
  if (holder.token === '') return stateOfOld(holder);
  if (holder.system === '' || holder.system !== ownSystem()) return 'unknown';
  return processState(holder.pid, holder.start);
}

/** The rule of version 0.1.0, whose locks do not say where their process runs. */
function stateOfOld({ pid, start }: Holder): ProcessState {
  if (pid === process.pid) return 'gone'; // this process has another lock
  const state = processState(pid, start);
  return state === 'unknown' ? 'running' : state;
}

function processState(pid: number, start: string): ProcessState {
  if (!isAlive(pid)) return 'gone';
  // Inside `unshare --pid` /proc may be that of another namespace: then its numbers are other processes.
  const isOurs = readStat('self')?.pid === process.pid;
  const stat = isOurs ? readStat(pid) : null;
  if (!stat || start === '') return 'unknown';
  if (stat.start !== start) return 'gone'; // the number belongs to another process now
  if (stat.state === 'Z' || stat.state === 'X') return 'gone'; // killed, and not reaped yet
  return stat.isExiting || isKilled(pid) ? 'ending' : 'running';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function readStat(pid: number | 'self') {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state = '', , , , , , flags = ''] = fields;
    const isExiting = (Number(flags) & EXITING) !== 0;
    return { pid: Number.parseInt(text, 10), state, isExiting, start: fields[19] ?? '' };
  } catch {
    return null;
  }
}

/** Whether a SIGKILL is on its way to the process. */
function isKilled(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const masks = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)];
    return masks.some(([, mask]) => (BigInt(`0x${mask}`) & KILL) !== 0n);
  } catch {
    return false;
  }
}

let system: string | null = null;

/**
 * The boot id of the kernel and its number of this namespace. The kernel gives a number again only when its namespace
 * has ended, so of two equal ones the holder's is ours, or all its processes have ended.
 */
function ownSystem(): string {
  system ??= readSystem();
  return system;
}

function readSystem(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return boot && `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

function hostOf(): string {
  try {
    return hostname().replaceAll(/\s/g, ' ');
  } catch {
    return ''; // Deno without --allow-sys
  }
}
