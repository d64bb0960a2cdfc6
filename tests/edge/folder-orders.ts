import { setTimeout as sleep } from 'node:timers/promises';
import { type FolderHub, runOn, startFolderHub } from './folder-hubs.ts';
import { call, KEYS, temporaryFolder } from './hub-process.ts';
import { createRandom } from './random.ts';

export { HAS_NAMESPACES } from './folder-hubs.ts';

const WRITERS = 4;
/** Between two writes of a writer, in milliseconds. */
const WRITE_MS = 20;
/** Most steps follow one another after up to this time, in milliseconds. */
const SHORT_MS = 2500;
/** Some come later: a hub that was stopped or killed has lost the folder by then. */
const LONG_MS = [10_500, 14_000] as const;
const LONG_SHARE = 0.45;

export interface OrdersOptions {
  orders: number;
  seed: number;
  /** Of each order. */
  steps: number;
  /** How many orders run at the same time, each on a folder of its own. */
  lanes: number;
  /** What runs the command `cuesheet`; default this Node. */
  runtime?: readonly string[];
  onOrder(order: number, outcome: Outcome): void;
}

export interface Outcome {
  /** What was done, as `start 0, stop 0, start 1`. */
  done: string;
  acknowledged: number;
  /** Hubs that took the folder from one that was killed or stopped. */
  takenOver: number;
  /** Hubs that found out that they had lost the folder. */
  lost: number;
  /** Hubs that did not get the folder. */
  refused: number;
  /** What is wrong, a sentence each. */
  problems: string[];
}

/** A hub of an order, in one of its two places. */
interface Place {
  hub: FolderHub;
  isStopped: boolean;
}

/** What an order has done so far. */
interface Order {
  folder: string;
  acknowledged: Set<string>;
  hubs: FolderHub[];
  writing: Promise<void>[];
  end: AbortController;
}

/**
 * Starts, kills, stops and continues two hubs on one folder in random orders, each hub in a namespace of process ids
 * of its own and under a load of dispatches. After each order every acknowledged event must be there, once, and
 * `verify` must find nothing.
 */
export async function runOrders(options: OrdersOptions): Promise<void> {
  let next = 1;
  const lane = async () => {
    while (next <= options.orders) {
      const order = next++;
      options.onOrder(order, await runOrder(options, options.seed + order));
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, lane));
}

async function runOrder({ steps, runtime }: OrdersOptions, seed: number): Promise<Outcome> {
  const random = createRandom(seed);
  const folder = temporaryFolder();
  const order: Order = {
    folder: folder.path,
    acknowledged: new Set(),
    hubs: [],
    writing: [],
    end: new AbortController(),
  };
  const problems: string[] = [];
  const done: string[] = [];
  const options = { isolated: true, ...(runtime && { runtime }) };
  try {
    const places: (Place | null)[] = [null, null];
    for (let step = 0; step < steps; step++) {
      const at = random() < 0.5 ? 0 : 1;
      done.push(`${await takeStep(order, places, at, random, options)} ${at}`);
      await sleep(waitOf(random));
    }
    await settle(order, places, problems);
    await compare(order, problems, runtime);
  } finally {
    order.end.abort();
    for (const hub of order.hubs) hub.signal('SIGKILL');
    await Promise.all(order.hubs.map((hub) => hub.ended));
    folder.remove();
  }
  return { done: done.join(', '), problems, ...countsOf(order) };
}

function waitOf(random: () => number): number {
  const [from, to] = LONG_MS;
  return random() < LONG_SHARE ? from + random() * (to - from) : random() * SHORT_MS;
}

/** Starts a hub in an empty place, else kills, stops or continues the one that is there. */
async function takeStep(
  order: Order,
  places: (Place | null)[],
  at: number,
  random: () => number,
  options: Parameters<typeof startFolderHub>[1],
): Promise<string> {
  const place = places[at];
  const chance = random();
  if (!place || place.hub.hasEnded()) {
    const hub = await startFolderHub(order.folder, options);
    places[at] = { hub, isStopped: false };
    order.hubs.push(hub);
    order.writing.push(load(order, hub, order.hubs.length));
    return 'start';
  }
  if (chance < 0.25) {
    place.hub.signal('SIGKILL');
    await place.hub.ended;
    return 'kill';
  }
  if (chance < 0.3 && !place.isStopped) {
    place.hub.signal('SIGTERM');
    return 'end';
  }
  place.isStopped = !place.isStopped;
  place.hub.signal(place.isStopped ? 'SIGSTOP' : 'SIGCONT');
  return place.isStopped ? 'stop' : 'continue';
}

/** Writers of a hub, until it ends. Their requests wait with it when it is stopped. */
async function load(order: Order, hub: FolderHub, number: number): Promise<void> {
  await hub.readyOrEnded();
  if (hub.url() === '') return;
  const write = async (writer: number) => {
    for (let count = 0; !hub.hasEnded() && !order.end.signal.aborted; count++) {
      const hash = `${number}-${writer}-${count}`;
      const body = { topic: 'crash.folder', hash, payload: { text: 'x'.repeat(200) } };
      const answer = await post(hub, body, order.end.signal);
      if (answer === 200) order.acknowledged.add(hash);
      await sleep(WRITE_MS);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
}

/** The status of an answer; null when there was none. */
async function post(hub: FolderHub, body: object, signal: AbortSignal): Promise<number | null> {
  try {
    const headers = { 'content-type': 'application/json', 'x-api-key': KEYS.service };
    const request = { method: 'POST', headers, body: JSON.stringify(body), signal };
    const answer = await fetch(`${hub.url()}/api/events`, request);
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return null; // the hub has ended
  }
}

/** Lets stopped hubs go on for a moment, under load, then kills all of them. */
async function settle(order: Order, places: (Place | null)[], problems: string[]): Promise<void> {
  for (const place of places) place?.hub.signal('SIGCONT');
  await sleep(1000);
  for (const { signal } of order.hubs) signal('SIGKILL');
  order.end.abort();
  await Promise.all(order.writing);
  for (const hub of order.hubs) {
    const code = await hub.ended;
    // 137: the launcher of a hub that was killed says it so.
    if (![null, 0, 1, 75, 137].includes(code)) {
      problems.push(`a hub ended with ${code}: ${hub.output()}`);
    }
    if (code === 1 && !/stop that one first/.test(hub.output())) {
      problems.push(`a hub ended with 1: ${hub.output()}`);
    }
  }
}

function countsOf({ hubs, acknowledged }: Order) {
  const withText = (text: string) => hubs.filter((hub) => hub.output().includes(text)).length;
  const waited = hubs.filter((hub) => hub.output().includes('waiting') && hub.url() !== '');
  return {
    acknowledged: acknowledged.size,
    takenOver: waited.length,
    lost: withText('not held by this hub any more'),
    refused: withText('stop that one first'),
  };
}

/** `verify` of the folder as it was left, then what a new hub has of it. */
async function compare(order: Order, problems: string[], runtime?: readonly string[]) {
  if (order.hubs.every((hub) => hub.url() === '')) return; // none has come so far as to make files
  const { status, output } = await runOn(order.folder, 'verify');
  if (status !== 0) problems.push(`verify: ${output}`);
  const hub = await startFolderHub(order.folder, { isolated: false, ...(runtime && { runtime }) });
  order.hubs.push(hub);
  await hub.readyOrEnded();
  if (hub.url() === '') {
    problems.push(`no hub starts on the folder: ${hub.output()}`);
    return;
  }
  const counts = await hashesOf({ url: hub.url() });
  for (const hash of order.acknowledged) if (!counts.has(hash)) problems.push(`${hash} is missing`);
  for (const [hash, times] of counts)
    if (times > 1) problems.push(`${hash} is there ${times} times`);
}

/** How often each hash is there. */
async function hashesOf(hub: { url: string }): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let after = ''; ;) {
    const query = `{ events(first: 2000, ${after && `after: "${after}",`} topics: ["crash.folder"]) {
      edges { node { hash } } pageInfo { hasNextPage endCursor } } }`;
    const { body } = await call(hub, 'POST', '/graphql', { key: KEYS.admin, body: { query } });
    const { edges, pageInfo } = body.data.events;
    for (const { node } of edges) counts.set(node.hash, (counts.get(node.hash) ?? 0) + 1);
    if (!pageInfo.hasNextPage) return counts;
    after = pageInfo.endCursor;
  }
}
