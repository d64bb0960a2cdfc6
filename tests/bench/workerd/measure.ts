import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chunksOfLines } from '../../../wasm/import-lines.ts';
import { startWorkerd, type Workerd } from '../../edge/workerd.ts';

/** Clock ticks a second in /proc (Linux has 100 on every machine of today). */
const TICKS = 100;
const SETTLE_MS = 1500;
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
  return withWorkerd(folder, { entry, bindings }, async ({ url }) => {
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
    await sleep(SETTLE_MS);
    return { cpuMs, answerMs, memory: processFigures().memory };
  });
}

async function withWorkerd<T>(
  folder: string,
  options: { entry?: string | undefined; bindings?: Record<string, string> },
  work: (workerd: Workerd) => Promise<T>,
): Promise<T> {
  const bindings = { CUESHEET_USERS: USERS, ...options.bindings };
  const { entry } = options;
  const workerd = await startWorkerd({ folder, bindings, ...(entry && { entry }) });
  try {
    return await work(workerd);
  } finally {
    await workerd.miniflare.dispose();
  }
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
    return null; // it has ended meanwhile
  }
}
