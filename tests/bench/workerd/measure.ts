import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { chunksOfLines } from '../../../wasm/import-lines.ts';
import { startWorkerd, type Workerd } from '../../edge/workerd.ts';

/** Clock ticks a second in /proc (Linux has 100 on every machine of today). */
const TICKS = 100;
const SETTLE_MS = 1500;
const NUDGE_MS = 50;
const MAX_NUDGES = 100;
const KEY = 'bench-key';
const USERS = JSON.stringify([{ name: 'svc', apiKey: KEY, data: { isService: true } }]);
/** A Worker and an object that do nothing: what workerd itself costs. */
const EMPTY = `import { DurableObject } from 'cloudflare:workers';
export class CuesheetHub extends DurableObject { fetch() { return Response.json({}); } }
export default { fetch: (request, env) => env.HUBS.get(env.HUBS.idFromName('main')).fetch(request) };`;

/** Status of the first answer. */
const ANSWERS = { nothing: 200, module: 404, hub: 200 } as const;

export interface Cost {
  /** CPU from the start of workerd to the first answer, in milliseconds. */
  cpuMs: number;
  /** Wall time of the first answer, in milliseconds. */
  answerMs: number;
  /** Memory of the isolate after garbage collection, in bytes: JavaScript's and the module's. */
  isolate: number;
  /** Memory of the process that is no file's, in bytes. */
  memory: number;
}

/** A folder for everything that a run makes. */
export function benchFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'cuesheet-bench-'));
  writeFileSync(join(path, 'empty.js'), EMPTY);
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** The events of the benchmarks (tests/bench/generator.cc) in the object of `folder`. */
export async function fill(folder: string, program: string, events: number): Promise<number> {
  const lines = join(folder, 'events.ndjson');
  execFileSync(program, [`--events=${events}`, `--write-lines=${lines}`]);
  return withWorkerd(folder, {}, async (workerd) => {
    const decoder = new TextDecoder();
    const refuse = (line: number) => {
      throw new Error(`line ${line} is too long`);
    };
    const hub = await workerd.hub();
    for await (const chunk of chunksOfLines(createReadStream(lines), refuse)) {
      await hub.importEvents(decoder.decode(chunk.lines));
    }
    await sleep(SETTLE_MS); // the checkpoint
    return processFigures().memory;
  });
}

/**
 * One start of workerd up to the first answer: of a Worker that does nothing, of the router alone (the
 * hub's module is evaluated and compiled, no object made), or of a hub.
 */
export async function measureStart(folder: string, what: keyof typeof ANSWERS): Promise<Cost> {
  const entry = what === 'nothing' ? join(folder, 'empty.js') : undefined;
  const bindings = what === 'module' ? { CUESHEET_DOMAIN: 'hub.example' } : {};
  return withWorkerd(folder, { entry, bindings }, async (workerd) => {
    const { url } = workerd;
    const begin = performance.now();
    const headers = { 'x-api-key': KEY };
    const query = '{ events(last: 100) { edges { node { id topic status description } } } }';
    const body = JSON.stringify({ query });
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    await response.text();
    if (response.status !== ANSWERS[what])
      throw new Error(`the first answer is ${response.status}`);
    const answerMs = performance.now() - begin;
    const { cpuMs } = processFigures();
    const heap = await collectGarbage(workerd);
    const module = what === 'hub' ? ((await (await workerd.hub()).status())?.memoryBytes ?? 0) : 0;
    return { cpuMs, answerMs, isolate: heap + module, memory: processFigures().memory };
  });
}

async function withWorkerd<T>(
  folder: string,
  options: { entry?: string | undefined; bindings?: Record<string, string> },
  work: (workerd: Workerd) => Promise<T>,
): Promise<T> {
  const bindings = { CUESHEET_USERS: USERS, ...options.bindings };
  const { entry } = options;
  const inspectorPort = 0;
  const workerd = await startWorkerd({
    folder,
    bindings,
    inspectorPort,
    ...(entry && { entry }),
  });
  try {
    return await work(workerd);
  } finally {
    await workerd.miniflare.dispose();
  }
}

/** Counts memory in use, without garbage that was not collected yet. Returns the bytes of JavaScript. */
async function collectGarbage({ miniflare, url }: Workerd): Promise<number> {
  const socket = new WebSocket(`${(await miniflare.getInspectorURL()).href}core:user:`);
  await once(socket, 'open');
  const answers = new Map<number, { usedSize?: number; backingStorageSize?: number }>();
  socket.on('message', (data) => {
    const { id, result } = JSON.parse(String(data));
    answers.set(id, result);
  });
  const methods = ['HeapProfiler.enable', 'HeapProfiler.collectGarbage', 'Runtime.getHeapUsage'];
  for (const [id, method] of methods.entries()) {
    socket.send(JSON.stringify({ id, method }));
    for (let asked = 0; !answers.has(id) && asked < MAX_NUDGES; asked++) {
      await (await fetch(url)).text(); // an isolate without a request answers no inspector
      await sleep(NUDGE_MS);
    }
  }
  socket.terminate();
  const { usedSize, backingStorageSize } = answers.get(methods.length - 1) ?? {};
  if (!usedSize) throw new Error('the inspector did not answer');
  return usedSize + (backingStorageSize ?? 0);
}

/** What the one workerd of this process has used so far. */
function processFigures(): { cpuMs: number; memory: number } {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(pid);
    if (fields?.name !== 'workerd' || fields.parent !== process.pid) continue;
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kilobytes = Number(/^Anonymous:\s+(\d+) kB/m.exec(rollup)?.[1]);
    return { cpuMs: (fields.ticks * 1000) / TICKS, memory: kilobytes * 1024 };
  }
  throw new Error('no workerd runs');
}

function statOf(pid: string): { name: string; parent: number; ticks: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { name, parent: Number(rest[1]), ticks: Number(rest[11]) + Number(rest[12]) };
  } catch {
    return null; // the process has ended
  }
}
