import { Session } from 'node:inspector/promises';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { COVERAGE, keepCoverage } from './collected.ts';

const FOLDERS = ['web', 'worker'].map((name) => resolve(name) + sep);

if (COVERAGE) {
  // The processes that a test starts write on their own when they exit.
  process.env['NODE_V8_COVERAGE'] = join(COVERAGE, 'node');
  process.env['DENO_COVERAGE_DIR'] = join(COVERAGE, 'deno');
  await collect(COVERAGE);
}

/** Collects what this process covers of the sources that a test file imports. */
async function collect(folder: string): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  afterAll(async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const ours = result.filter(({ url }) => FOLDERS.some((name) => pathOf(url).startsWith(name)));
    await session.post('Debugger.enable');
    const scripts = await Promise.all(
      ours.map(async ({ scriptId, url, functions }) => {
        const { scriptSource } = await session.post('Debugger.getScriptSource', { scriptId });
        return { url, functions, source: scriptSource };
      }),
    );
    session.disconnect();
    if (scripts.length > 0) keepCoverage(folder, scripts);
  });
}

function pathOf(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}
