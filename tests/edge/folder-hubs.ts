import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { USERS } from './hub-process.ts';

const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child'] as const;
const STUB = ['--import', './tests/edge/process-table-stub.mjs'] as const;

/** What `unshare` of util-linux 2.38 says, with code 1, when a signal has ended its process. */
const KILLED = 'unshare: sigprocmask unblock failed';

/** Whether processes of tests can have a namespace of process ids of their own; else a stub says so to a hub on Node. */
export const HAS_NAMESPACES = spawnSync(UNSHARE[0], [...UNSHARE.slice(1), 'true']).status === 0;

/** A hub on a folder that others may want too. */
export interface FolderHub {
  /** Empty until it is ready. */
  url(): string;
  output(): string;
  /** Resolves when it is ready, or has ended; the milliseconds since its start. */
  readyOrEnded(): Promise<number>;
  /** Its exit code, once it has ended; null after a signal. */
  readonly ended: Promise<number | null>;
  hasEnded(): boolean;
  signal(name: NodeJS.Signals): void;
}

/** Starts a hub in a namespace of its own (`isolated`), or in that of the tests. */
export async function startFolderHub(
  folder: string,
  { runtime, isolated }: { runtime?: readonly string[]; isolated: boolean },
): Promise<FolderHub> {
  const users = join(folder, 'users-file.json');
  if (!existsSync(users)) writeFileSync(users, JSON.stringify(USERS)); // hubs that run would read it again
  const args = ['dist/hub/cli.js', 'hub', '--port', '0', '--no-sample', '--users', users];
  args.push('--data', join(folder, 'data'));
  const program = runtime ?? [process.execPath];
  const stub = isolated && !HAS_NAMESPACES ? STUB : [];
  const [command = '', ...rest] = [
    ...(isolated && HAS_NAMESPACES ? UNSHARE : []),
    ...program,
    ...stub,
    ...args,
  ];
  const started = performance.now();
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(output.includes(KILLED) ? null : code));
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const url = () => /cuesheet hub ready on (\S+)/.exec(output)?.[1] ?? '';
  return {
    url,
    output: () => output,
    async readyOrEnded() {
      while (url() === '' && !hasEnded()) await sleep(10);
      return performance.now() - started;
    },
    ended,
    hasEnded,
    signal(name) {
      const { pid } = child;
      if (pid === undefined || hasEnded()) return;
      process.kill(lastOf(pid), name);
    },
  };
}

/** The hub below a process that starts it, as `unshare` and the launcher of Deno do. */
function lastOf(pid: number): number {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return child ? lastOf(Number(child)) : pid;
  } catch {
    return pid; // it has just ended
  }
}

/** A command on the folder, in the namespace of the tests. */
export function runOn(folder: string, command: string, ...args: string[]) {
  const run = ['dist/hub/cli.js', command, ...args, '--data', join(folder, 'data')];
  const limits = { timeout: 60_000, encoding: 'utf8' } as const;
  return new Promise<{ status: number | null; output: string }>((resolve) => {
    const child = spawn(process.execPath, run, { stdio: ['ignore', 'pipe', 'pipe'], ...limits });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => (output += d));
    child.once('close', (status) => resolve({ status, output }));
  });
}
