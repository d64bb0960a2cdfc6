import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startHub, temporaryFolder } from './hub-process.ts';
import { startWorkerd } from './workerd.ts';

/** What a hub has when it starts. */
export interface RuntimeOptions {
  /** The users file: JSON text. */
  users: string;
  /** Events that are in its store, as `cuesheet export` writes them: NDJSON in the form of GET. */
  events?: string;
}

/** A running hub whose own store has only the events that it was given. */
export interface RuntimeHub {
  /** `http://127.0.0.1:PORT`; the WebSocket is at `/ws` of the same port. */
  url: string;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

export type StartRuntime = (options: RuntimeOptions) => Promise<RuntimeHub>;

/** How the README runs the command `cuesheet` on Deno and on Bun. */
export const DENO = ['node_modules/.bin/deno', 'run', '-A'] as const;
export const BUN = ['node_modules/.bin/bun'] as const;

/** Every runtime that the hub runs on, each started the way the README says. */
export const RUNTIMES: readonly { name: string; start: StartRuntime }[] = [
  { name: 'node', start: processOf([process.execPath]) },
  { name: 'deno', start: processOf(DENO) },
  { name: 'bun', start: processOf(BUN) },
  { name: 'workerd', start: startObject },
];

/** The example Worker in workerd, whose one Durable Object is the hub. */
async function startObject({ users, events }: RuntimeOptions): Promise<RuntimeHub> {
  const folder = temporaryFolder();
  const options = { folder: folder.path, bindings: { CUESHEET_USERS: users }, quiet: true };
  if (events) {
    // In a life of its own, as on the other runtimes: the history of the next one begins after it.
    const { miniflare, hub } = await startWorkerd(options);
    await (await hub()).importEvents(events);
    await miniflare.dispose();
  }
  const { miniflare, url } = await startWorkerd(options);
  return {
    url,
    async stop() {
      await miniflare.dispose();
      folder.remove();
    },
  };
}

/** A hub as a process of its own, with its files in a folder. */
function processOf(runtime: readonly string[]): StartRuntime {
  return async ({ users, events }) => {
    const folder = temporaryFolder();
    if (events) importEvents(join(folder.path, 'data'), events);
    const hub = await startHub(folder.path, { users, runtime });
    return {
      url: hub.url,
      async stop() {
        await hub.stop();
        folder.remove();
      },
    };
  };
}

/** Fills the folder of a hub that does not run. */
function importEvents(folder: string, events: string): void {
  const args = ['dist/hub/cli.js', 'import', '-', '--data', folder];
  const { status, stderr } = spawnSync(process.execPath, args, { input: events, encoding: 'utf8' });
  if (status !== 0) throw new Error(`cuesheet import: ${stderr}`);
}
