import { setTimeout as sleep } from 'node:timers/promises';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { call, KEYS, startHub, temporaryFolder, type HubProcess } from './hub-process.ts';
import { createRandom } from './random.ts';

const WRITERS = 16;
/** A kill comes this long after the first acknowledged write of its hub, in milliseconds. */
const MAX_LOAD_MS = 1000;
const START_LIMIT_MS = 30_000;

export interface KillOptions {
  kills: number;
  seed: number;
  /** What runs the command `cuesheet`; default this Node. */
  runtime?: readonly string[];
  /** What is wrong after a kill, a sentence each. */
  onKill(kill: number, problems: string[], acknowledged: number): void;
}

/** What all hubs so far have acknowledged to the writers. */
interface Ledger {
  /** By id: the description that was acknowledged last, and the one that may have been stored since. */
  events: Map<string, { description: string; tried: string }>;
  hashes: Set<string>;
}

/**
 * Kills a hub (SIGKILL) under a load of dispatches and updates, again and again on one folder, and
 * looks after each start whether everything is there that was acknowledged, once.
 */
export async function runKills(options: KillOptions): Promise<void> {
  const folder = temporaryFolder();
  const ledger: Ledger = { events: new Map(), hashes: new Set() };
  const random = createRandom(options.seed);
  const start = () =>
    startHub(folder.path, options.runtime ? { runtime: options.runtime } : undefined);
  let hub = await start();
  try {
    for (let kill = 1; kill <= options.kills; kill++) {
      await loadAndKill(hub, ledger, kill, random() * MAX_LOAD_MS);
      const problems = verify(folder.path);
      hub = await start();
      problems.push(...(await compare(hub, ledger)));
      options.onKill(kill, problems, ledger.events.size);
    }
  } finally {
    await hub.stop();
    folder.remove();
  }
}

async function loadAndKill(hub: HubProcess, ledger: Ledger, kill: number, delayMs: number) {
  const state = { dead: false };
  const before = ledger.events.size;
  const writers = Array.from({ length: WRITERS }, (_, number) =>
    write(hub, ledger, `${kill}-${number}`, state),
  );
  const end = Date.now() + START_LIMIT_MS;
  while (ledger.events.size === before && Date.now() < end) await sleep(1);
  await sleep(delayMs);
  await hub.stop('SIGKILL');
  state.dead = true;
  await Promise.all(writers);
}

/** Dispatches an event, then updates it twice, until the hub has ended. */
async function write(hub: HubProcess, ledger: Ledger, name: string, state: { dead: boolean }) {
  try {
    for (let count = 0; !state.dead; count++) {
      const hash = `${name}-${count}`;
      const body = {
        topic: 'crash.load',
        hash,
        finished: false,
        payload: { text: 'x'.repeat(200) },
      };
      const answer = await call(hub, 'POST', '/api/events', { key: KEYS.service, body });
      if (answer.status !== 200) throw new Error(`dispatch: ${answer.status}`);
      const event = { description: '', tried: '' };
      ledger.events.set(answer.body.id, event);
      ledger.hashes.add(hash);
      for (const description of ['second', 'third']) {
        event.tried = description;
        const path = `/api/events/${answer.body.id}`;
        const { status } = await call(hub, 'PATCH', path, {
          key: KEYS.service,
          body: { description },
        });
        if (status !== 204) throw new Error(`update: ${status}`);
        event.description = description;
      }
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch throws it when the hub has ended
  }
}

/** `cuesheet verify` of the folder as the kill left it. */
function verify(folder: string): string[] {
  const args = ['dist/hub/cli.js', 'verify', '--data', join(folder, 'data')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return status === 0 ? [] : [`verify: ${stdout}${stderr}`];
}

async function compare(hub: HubProcess, ledger: Ledger): Promise<string[]> {
  const problems: string[] = [];
  const found = await everything(hub);
  const byHash = new Map<string, number>();
  for (const { hash } of found.values()) byHash.set(hash, (byHash.get(hash) ?? 0) + 1);
  for (const [hash, times] of byHash)
    if (times > 1) problems.push(`${hash} is there ${times} times`);
  for (const hash of ledger.hashes) if (!byHash.has(hash)) problems.push(`${hash} is missing`);
  for (const [id, { description, tried }] of ledger.events) {
    const event = found.get(id);
    if (!event) problems.push(`event ${id} is missing`);
    else if (event.description !== description && event.description !== tried) {
      problems.push(`event ${id} is at '${event.description}', acknowledged was '${description}'`);
    }
  }
  return problems;
}

interface Found {
  hash: string;
  description: string;
}

/** All events of the load, page by page. */
async function everything(hub: HubProcess): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for (let after = ''; ;) {
    const from = after && `after: "${after}",`;
    const query = `{ events(first: 2000, ${from} topics: ["crash.load"]) {
      edges { node { id hash description } } pageInfo { hasNextPage endCursor } } }`;
    const { body } = await call(hub, 'POST', '/graphql', { key: KEYS.admin, body: { query } });
    const { edges, pageInfo } = body.data.events;
    for (const { node } of edges) found.set(node.id, node);
    if (!pageInfo.hasNextPage) return found;
    after = pageInfo.endCursor;
  }
}
