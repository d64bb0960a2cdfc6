import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import process from 'node:process';

/** Where Linux says what a container may use: cgroups of version 2, then of version 1. */
const LIMIT_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];

/** Bytes of memory that this process may use: the container's limit, or the machine's memory if there is none. */
export function machineMemory(): number {
  const limits = [totalmem(), constrained(), ...LIMIT_FILES.map(limitIn)];
  return Math.min(...limits.filter((bytes) => bytes > 0));
}

/** 0 = the runtime knows of none; without a limit some say a number beyond any memory. */
function constrained(): number {
  return process.constrainedMemory?.() ?? 0;
}

function limitIn(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || 0; // `max` = none
  } catch {
    return 0;
  }
}
