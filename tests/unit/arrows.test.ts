import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';

/** The complaints of the check over a tree with one file. */
function complaints(path: string, text: string): string {
  const root = temporaryFolder();
  try {
    const file = join(root.path, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
    execFileSync('node', ['scripts/check-arrows.mjs', root.path], { stdio: 'pipe' });
    return '';
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  } finally {
    root.remove();
  }
}

test.each([
  ['core/event/a.h', '#include "store/event_store.h"', 'event must not include store'],
  ['core/hub/a.h', '#include "replica/connection.h"', 'hub must not include replica'],
  ['core/base/a.cc', '#include <chrono>', 'core/ reaches for the outside'],
  ['core/wasm/a.cc', 'auto t = std::chrono::system_clock::now();', 'core/ reaches for the outside'],
  ['worker/edge/a.ts', "import { x } from '../browser/live.ts';", 'must not import worker/browser'],
  ['worker/edge/a.ts', "import { join } from 'node:path';", 'only runtimes/ and commands/'],
  ['worker/edge/a.ts', "import { x } from './runtimes/node.ts';", 'only runtimes/ and commands/'],
  ['wasm/a.ts', "import { x } from '../web/client/index.ts';", 'must not import web/client'],
  ['core/event/a.h', '#include "../store/event_store.h"', 'event must not include ../store'],
  ['wasm/a.ts', "import '../web/client/index.ts';", 'must not import web/client'],
  ['wasm/a.ts', "const x = await import('../web/client/index.ts');", 'must not import web/client'],
])('%s with %s is refused', (path, text, complaint) => {
  expect(complaints(path, text)).toContain(complaint);
});

test('arrows to the left are fine', () => {
  expect(complaints('core/store/a.h', '#include "event/event.h"\n#include <string>')).toBe('');
  expect(complaints('worker/edge/runtimes/a.ts', "import { join } from 'node:path';")).toBe('');
  expect(complaints('web/viewer/a.ts', "import { x } from '../client/index.ts';")).toBe('');
});
