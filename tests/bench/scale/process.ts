// A hub of one build as a real process, and what Linux says of it (npm run bench:scale).
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type HubProcess, hubPid, KEYS, startHub } from '../../edge/hub-process.ts';
import { type Client, connect } from './client.ts';
import { page } from './reads.ts';

/** Linux counts the time of a process in hundredths of a second. */
const TICK_MS = 10;
const IMPORT_LIMIT_MS = 3_600_000;
const USERS_FLAGS = (folder: string) => ['--users', join(folder, 'users-file.json'), '--no-sample'];

/** One build and its folder of events. */
export interface Build {
  name: string;
  /** `dist/hub/cli.js` of it. */
  cli: string;
  folder: string;
}

export interface RunningHub extends HubProcess {
  pid: number;
  /** Milliseconds from its start until the newest 100 events were here. */
  firstPageMs: number;
}

export const clientOf = (url: string, connections = 1): Client =>
  connect(url, { 'x-api-key': KEYS.service }, connections);

/** Milliseconds. @throws Error when a line is refused. */
export function importInto({ cli, folder }: Build, lines: string): number {
  const start = performance.now();
  const args = [cli, 'import', '--data', join(folder, 'data'), lines];
  const stdio: ['ignore', 'ignore', 'inherit'] = ['ignore', 'ignore', 'inherit'];
  execFileSync(process.execPath, args, { stdio, timeout: IMPORT_LIMIT_MS });
  return performance.now() - start;
}

/** What `cuesheet verify` says, and whether it found no problem. */
export function verify({ cli, folder }: Build): { isClean: boolean; text: string } {
  const args = [cli, 'verify', '--data', join(folder, 'data')];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: IMPORT_LIMIT_MS });
  return { isClean: run.status === 0, text: `${run.stdout}${run.stderr}`.trim() };
}

export async function start(
  { cli, folder }: Build,
  flags: readonly string[] = [],
): Promise<RunningHub> {
  const begin = performance.now();
  const hub = await startHub(folder, { cli, flags: [...USERS_FLAGS(folder), ...flags] });
  const client = clientOf(hub.url);
  try {
    await client.timed(page('last: 100'));
    return { ...hub, pid: hubPid(folder), firstPageMs: performance.now() - begin };
  } catch (error) {
    await hub.stop('SIGKILL');
    throw error;
  } finally {
    await client.close();
  }
}

/** Runs `work` with a hub, which is stopped afterwards. */
export async function withHub<T>(
  build: Build,
  work: (hub: RunningHub) => Promise<T>,
  flags: readonly string[] = [],
): Promise<T> {
  const hub = await start(build, flags);
  try {
    return await work(hub);
  } finally {
    await hub.stop();
  }
}

/** Waits until the oldest event, and one of each block, were read. */
export async function load(client: Client): Promise<void> {
  await client.timed(page('first: 1, includeLogs: true'));
  const conditions = [{ key: 'summary/absent', operator: 'eq', value: 'absent' }];
  await client.timed({ path: '/api/query', body: { entity: 'event', filter: { conditions } } });
}

/** Resident memory in bytes. */
export function residentOf(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1]) * 1024;
}

/** Milliseconds of CPU so far, of all threads. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Bytes handed to the file system so far; also those that no disk was asked for. */
export function writtenBy(pid: number): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** Bytes of the files of a store. */
export function sizeOf({ folder }: Build): number {
  const files = readdirSync(join(folder, 'data'), { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
