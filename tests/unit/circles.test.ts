import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';

/** What Biome says, by the rules of this repository, of a tree with these files in `worker/edge/`. */
function lint(files: Record<string, string>): { status: number | null; output: string } {
  const root = temporaryFolder();
  try {
    copyFileSync('biome.json', join(root.path, 'biome.json'));
    mkdirSync(join(root.path, 'worker/edge'), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(root.path, 'worker/edge', name), text);
    }
    const { status, stdout, stderr } = spawnSync(
      resolve('node_modules/.bin/biome'),
      ['lint', '--error-on-warnings'],
      { cwd: root.path, encoding: 'utf8', timeout: 60_000 },
    );
    return { status, output: stdout + stderr };
  } finally {
    root.remove();
  }
}

const value = (name: string, other: string) =>
  `import { ${other} } from './${other}.ts';\nexport const ${name} = () => ${other}();\n`;
const type = (name: string, other: string) =>
  `import type { ${other} } from './${other}.ts';\nexport type ${name} = ${other} | null;\n`;

test.each([
  ['two files', { 'a.ts': value('a', 'b'), 'b.ts': value('b', 'a') }],
  ['three files', { 'a.ts': value('a', 'b'), 'b.ts': value('b', 'c'), 'c.ts': value('c', 'a') }],
  ['types only', { 'a.ts': type('a', 'b'), 'b.ts': type('b', 'a') }],
  [
    'what is handed on',
    { 'a.ts': value('a', 'b'), 'b.ts': "export * from './c.ts';\n", 'c.ts': type('c', 'a') },
  ],
])('a circle of %s is refused', (_what, files) => {
  const { status, output } = lint(files);
  expect(output).toContain('lint/suspicious/noImportCycles');
  expect(status).toBe(1);
});

test('files without a circle are fine', () => {
  const { status, output } = lint({
    'a.ts': value('a', 'b'),
    'b.ts': 'export const b = () => 1;\n',
  });
  expect(output).not.toContain('noImportCycles');
  expect(status).toBe(0);
});
