import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Credentials of the users that every test hub has. */
export const KEYS = {
  service: 'service-key',
  admin: 'admin-key',
  manager: 'manager-key',
  user: 'user-key',
  guest: 'guest-key',
};

export const USERS = [
  { name: 'svc', apiKey: KEYS.service, data: { isService: true } },
  { name: 'adm', apiKey: KEYS.admin, password: 'correct horse', data: { isAdmin: true } },
  { name: 'mona', apiKey: KEYS.manager, data: { isManager: true } },
  { name: 'alice', apiKey: KEYS.user, data: { accessGroups: { demo: ['artist'] } } },
  { name: 'visitor', apiKey: KEYS.guest, data: { isGuest: true } },
];

const CLI = 'dist/hub/cli.js';
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 10_000;

export interface HubProcess {
  url: string;
  /** The link that signs a browser in. */
  link: string;
  output(): string;
  /** Stops it by signal and gives its exit code (null, or npm's own, after SIGKILL). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A folder that is removed by the returned function. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'cuesheet-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

interface StartOptions {
  port?: number;
  /** Takes the newcomer's way. */
  npmStart?: boolean;
  flags?: string[];
  /** The users file: JSON text; default the users above. */
  users?: string;
  /** What runs the command `cuesheet`; default this Node. */
  runtime?: readonly string[];
  /** The command of another build. */
  cli?: string;
}

/** Starts a hub on a free port. */
export async function startHub(folder: string, options: StartOptions = {}): Promise<HubProcess> {
  const users = join(folder, 'users-file.json');
  writeFileSync(users, options.users ?? JSON.stringify(USERS));
  const flags = ['--port', String(options.port ?? 0), '--data', join(folder, 'data')];
  flags.push(...(options.flags ?? ['--users', users, '--no-sample']));
  const [command = '', ...args] = options.npmStart
    ? ['npm', 'start', '--silent', '--', ...flags]
    : [...(options.runtime ?? [process.execPath]), options.cli ?? CLI, 'hub', ...flags];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (output += data));
  await until(
    child,
    () => /#token=|"message":"cuesheet hub ready/.test(output),
    () => output,
  );
  const url = /cuesheet hub ready on ([^\s"]+)/.exec(output)?.[1] ?? '';
  const link = /http:\S+#token=\S+/.exec(output)?.[0] ?? '';
  return {
    url,
    link,
    output: () => output,
    // npm start is a chain of processes: the signal goes to the hub itself, the others follow.
    stop: (signal = 'SIGTERM') => stopProcess(child, signal, folder),
  };
}

function until(child: ChildProcess, ready: () => boolean, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${why}\n${output()}`));
    const limit = setTimeout(() => fail('the hub did not start in time'), START_TIMEOUT_MS);
    const check = setInterval(() => {
      if (!ready() && child.exitCode === null) return;
      clearInterval(check);
      clearTimeout(limit);
      if (ready()) resolve();
      else fail(`the hub ended with ${child.exitCode}`);
    }, 20);
  });
}

/** The process id that a running hub notes in its folder. */
export function hubPid(folder: string): number {
  return Number.parseInt(readFileSync(join(folder, 'data', 'lock'), 'utf8'), 10);
}

async function stopProcess(
  child: ChildProcess,
  signal: NodeJS.Signals,
  folder: string,
): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const pid = hubPid(folder);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const limit = setTimeout(() => process.kill(pid, 'SIGKILL'), STOP_TIMEOUT_MS);
  process.kill(pid, signal);
  const code = await exited;
  clearTimeout(limit);
  return code;
}

/** JSON of an answer: tests look into it freely. */
// biome-ignore lint/suspicious/noExplicitAny: the assertions check the shape
export type Answer = any;

/** One JSON request; `key` is an API key. */
export async function call(
  hub: { url: string },
  method: string,
  path: string,
  options: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: Answer; headers: Headers }> {
  const text = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
  const response = await fetch(hub.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(options.key !== undefined && { 'x-api-key': options.key }),
      ...options.headers,
    },
    ...(options.body !== undefined && { body: text }),
  });
  const answer = await response.text();
  return {
    status: response.status,
    body: answer === '' ? null : JSON.parse(answer),
    headers: response.headers,
  };
}

/** All events of the hub, oldest first, by GraphQL. */
export async function allEvents(hub: { url: string }): Promise<{ id: string; topic: string }[]> {
  const query = '{ events(first: 5000, includeLogs: true) { edges { node { id topic } } } }';
  const { body } = await call(hub, 'POST', '/graphql', { key: KEYS.admin, body: { query } });
  return body.data.events.edges.map((edge: { node: object }) => edge.node);
}
