import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { createInstrumenter, type FileCoverage, type Range } from 'istanbul-lib-instrument';
import type { Miniflare } from 'miniflare';
import { WebSocket } from 'ws';
import { COVERAGE, keepCoverage } from './collected.ts';

/** What runs in workerd only. Its inspector has no coverage: this file counts for itself. */
const COUNTED = /dist\/hub\/cloudflare\.js$/;
const COUNTERS = '__cuesheet_coverage__';
/** An isolate without a request answers no inspector: so often it is given one. */
const MAX_NUDGES = 20;

/** For the bundle of a Worker. */
export const COVERAGE_PLUGINS: Plugin[] = COVERAGE ? [{ name: 'count', setup: countIn }] : [];

function countIn(build: Parameters<Plugin['setup']>[0]): void {
  const instrumenter = createInstrumenter({
    esModules: true,
    compact: true,
    coverageVariable: COUNTERS,
    coverageGlobalScope: 'globalThis',
    coverageGlobalScopeFunc: false,
  });
  build.onLoad({ filter: COUNTED }, ({ path }) => ({
    contents: instrumenter.instrumentSync(readFileSync(path, 'utf8'), path),
    loader: 'js',
  }));
}

/** Takes what was counted before the Worker is ended. */
export function coverWorker(miniflare: Miniflare, url: string): void {
  if (!COVERAGE) return;
  const folder = COVERAGE;
  const dispose = miniflare.dispose.bind(miniflare);
  miniflare.dispose = async () => {
    const counters = `JSON.stringify(globalThis.${COUNTERS} ?? {})`;
    const text = await evaluate(miniflare, url, counters).catch(() => null); // it has crashed
    const files = Object.values(JSON.parse(text ?? '{}') as Record<string, FileCoverage>);
    if (files.length > 0) keepCoverage(folder, files.map(toScript));
    return dispose();
  };
}

async function evaluate(
  miniflare: Miniflare,
  url: string,
  expression: string,
): Promise<string | null> {
  const socket = new WebSocket(`${(await miniflare.getInspectorURL()).href}core:user:`);
  await once(socket, 'open');
  let value: string | null = null;
  const send = (method: string, params: object) =>
    socket.send(JSON.stringify({ id: 1, method, params }));
  socket.on('message', (data) => {
    const { method, params, result } = JSON.parse(String(data));
    if (method === 'Runtime.executionContextCreated') {
      send('Runtime.evaluate', { expression, contextId: params.context.id });
    }
    value ??= result?.result?.value ?? null;
  });
  send('Runtime.enable', {});
  for (let nudge = 0; value === null && nudge < MAX_NUDGES; nudge++) {
    await (await fetch(url)).text();
  }
  socket.terminate();
  return value;
}

/** The counts in the form of V8: every function, statement and branch is a range of its own. */
function toScript({ path, statementMap, s, fnMap, f, branchMap, b }: FileCoverage) {
  const source = readFileSync(path, 'utf8');
  const starts = [0];
  for (const line of source.split('\n')) starts.push((starts.at(-1) ?? 0) + line.length + 1);
  const counts = new Map<string, { startOffset: number; endOffset: number; count: number }>();
  const add = ({ start, end }: Range, count = 0) => {
    const startOffset = (starts[start.line - 1] ?? 0) + start.column;
    const endOffset = (starts[end.line - 1] ?? 0) + end.column;
    if (endOffset > startOffset)
      counts.set(`${startOffset} ${endOffset}`, { startOffset, endOffset, count });
  };
  add({ start: { line: 1, column: 0 }, end: { line: starts.length, column: 0 } }, 1);
  for (const [key, { loc }] of Object.entries(fnMap)) add(loc, f[key]);
  for (const [key, { locations }] of Object.entries(branchMap)) {
    locations.forEach((range, index) => {
      if (range.start.line !== undefined) add(range, b[key]?.[index]);
    });
  }
  for (const [key, range] of Object.entries(statementMap)) add(range, s[key]);
  const functions = [...counts.values()].map((range) => ({
    functionName: '',
    isBlockCoverage: true,
    ranges: [range],
  }));
  return { url: relative(resolve('.'), path), functions, source };
}
