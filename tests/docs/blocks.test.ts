import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { packedProject } from '../package/packed.ts';
import { type Block, blocksOf, LANGUAGES, pages } from './blocks.ts';

const blocks = pages().flatMap(blocksOf);
const code = blocks.filter(({ language }) => LANGUAGES.includes(language));
const isTyped = ({ language }: Block) => language === 'ts' || language === 'tsx';
/** Code that a block needs from the text around it, and code that must compile after it. */
const AROUND: Record<string, { before?: string; after?: string }> = {
  'docs/web.md#topics': {
    before: "import type { Events } from 'cuesheet';\ndeclare const events: Events;\n",
    after: '// @ts-expect-error a frame is a number\nframes[0]?.summary.frame.trim();\n',
  },
  'docs/web.md#reload': {
    before: "import type { Events } from 'cuesheet';\ndeclare const events: Events;\n",
  },
  'docs/web.md#store': {
    before: "import type { EventStore as Real } from 'cuesheet';\n",
    after: `export const is = (it: EventStore<number>): Real<number> => it;
      export const was = (it: Real<number>): EventStore<number> => it;\n`,
  },
};

/** The blocks that a test takes, by the test. */
function taken(): Map<string, string> {
  const files = readdirSync('tests', { recursive: true, encoding: 'utf8' });
  const found = new Map<string, string>();
  for (const file of files.filter((name) => name.endsWith('.test.ts'))) {
    for (const [, id] of readFileSync(join('tests', file), 'utf8').matchAll(
      /\bblock\('([^']+)'\)/g,
    ))
      found.set(id as string, file);
  }
  return found;
}

describe('the code of the README and of docs/', () => {
  test('every block has a language and, if it is code, a name of its own', () => {
    const unnamed = blocks.filter(
      ({ id, language }) =>
        (language === '' && !id.startsWith('docs/protocol.md')) ||
        (LANGUAGES.includes(language) && id.endsWith('#')),
    );
    expect(unnamed.map(({ id, line }) => `${id} line ${line}`)).toEqual([]);
    expect(new Set(code.map(({ id }) => id)).size).toBe(code.length);
    expect(code.length).toBeGreaterThan(20);
  });

  test('every block is run by a test, or its types are checked', () => {
    const run = taken();
    const uncovered = code.filter((it) => !run.has(it.id) && !isTyped(it));
    expect(uncovered.map(({ id, line }) => `${id} line ${line}`)).toEqual([]);
    const known = new Set(code.map(({ id }) => id));
    const gone = [...run].filter(([id]) => !known.has(id));
    expect(gone).toEqual([]);
  });
});

describe('the TypeScript of the docs', () => {
  const folder = temporaryFolder();
  let project: string;

  beforeAll(() => {
    project = packedProject(folder.path);
    const modules = join(project, 'node_modules');
    for (const name of ['vue', 'svelte', 'solid-js'])
      symlinkSync(resolve('node_modules', name), join(modules, name));
    mkdirSync(join(modules, '@types'));
    for (const name of ['react', 'react-dom'])
      symlinkSync(resolve('node_modules/@types', name), join(modules, '@types', name));
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'ES2022',
          module: 'ESNext',
          moduleResolution: 'bundler',
          jsx: 'react-jsx',
          types: [],
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: true,
          noEmit: true,
        },
        include: ['*.ts', '*.tsx'],
      }),
    );
  });
  afterAll(() => folder.remove());

  test('has the types of the packed package', () => {
    const typed = code.filter(isTyped);
    expect(Object.keys(AROUND).filter((id) => !typed.some((it) => it.id === id))).toEqual([]);
    for (const it of typed) {
      const { before = '', after = '' } = AROUND[it.id] ?? {};
      const name = `${it.id.replace(/\W+/g, '-')}.${it.language}`;
      writeFileSync(join(project, name), before + it.code + after);
    }
    execFileSync('node_modules/.bin/tsc', ['-p', project], { stdio: 'inherit' });
  });
});
