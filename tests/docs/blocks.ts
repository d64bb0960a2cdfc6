/** The fenced code blocks of the README and of docs/. The word after the language is the name of a block. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Block {
  /** `docs/web.md#vue`. */
  id: string;
  language: string;
  /** Of the fence, from 1. */
  line: number;
  code: string;
}

/** What is run or checked; other languages (and protocol.md, whose blocks have none) are pictures of data. */
export const LANGUAGES = ['js', 'jsx', 'ts', 'tsx', 'html', 'sh', 'bash', 'python'];

export const pages = (): string[] => [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  readFileSync(page, 'utf8')
    .split('\n')
    .forEach((text, index) => {
      const info = /^```(.*)$/.exec(text)?.[1];
      if (info === undefined) {
        if (open) open.code += `${text}\n`;
      } else if (open) {
        blocks.push(open);
        open = null;
      } else {
        const [language = '', name = ''] = info.trim().split(' ');
        open = { id: `${page}#${name}`, language, line: index + 1, code: '' };
      }
    });
  if (open) throw new Error(`${page}: a block is not closed`);
  return blocks;
}

/** The code of a block. Tests name it in full: blocks.test.ts looks for the blocks that no test names. */
export function block(id: string): string {
  const found = blocksOf(id.split('#')[0] ?? '').find((it) => it.id === id);
  if (!found) throw new Error(`there is no block ${id}`);
  return found.code;
}
