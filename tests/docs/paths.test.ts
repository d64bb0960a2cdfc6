import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Files of the repository, those that are not committed yet too. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((name) => name !== '' && existsSync(name));
const pages = files.filter((name) => name.endsWith('.md'));
/** The changelog names files that existed at its time. */
const present = pages.filter((name) => name !== 'CHANGELOG.md');
const paths = new Set(files.flatMap((name) => [name, ...folders(name)]));
const rooms = new Set(files.filter((name) => name.includes('/')).map((name) => name.split('/')[0]));

function folders(name: string): string[] {
  const folder = dirname(name);
  return folder === '.' ? [] : [folder, ...folders(folder)];
}

/** The text of a page without its code blocks. */
function prose(page: string): string {
  return readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(page: string): Set<string> {
  const headings = [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text);
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

/** Whether a path of the repository may be meant: `core/x.h`, `tests/edge/`, `web/{client,react}` not. */
function isRepositoryPath(text: string): boolean {
  return rooms.has(text.split('/')[0]) && /^[\w.-]+(\/[\w.-]+)+\/?$/.test(text);
}

const isThere = (path: string) => paths.has(normalize(path).replace(/\/$/, ''));

/** `page: what` for each thing that is not there. */
function missing(of: (page: string) => string[], among: string[]): string[] {
  return among.flatMap((page) => of(page).map((what) => `${page}: ${what}`));
}

describe('what the docs name is there', () => {
  test('links between pages, and their anchors', () => {
    const broken = missing(
      (page) =>
        [...prose(page).matchAll(/\]\(([\w./:#-]+)\)/g)]
          .map(([, target = '']) => target)
          .filter((target) => !/^(https?:|\/)/.test(target))
          .filter((target) => {
            const [path = '', anchor] = target.split('#');
            const file = path === '' ? page : normalize(join(dirname(page), path));
            if (!isThere(file)) return true;
            return anchor !== undefined && !anchors(file).has(anchor);
          }),
      pages,
    );
    expect(broken).toEqual([]);
  });

  test('paths of the repository, between backticks', () => {
    const named = (page: string) =>
      [...prose(page).matchAll(/`([^`\n]+)`/g)]
        .map(([, text = '']) => (text.split('#')[0] ?? '').trim())
        .filter(isRepositoryPath);
    expect(present.flatMap(named).length).toBeGreaterThan(50);
    const gone = (page: string) =>
      named(page).filter((path) => !isThere(path) && !isThere(join(dirname(page), path)));
    expect(missing(gone, present)).toEqual([]);
  });

  test('files that the README of a folder names are in that folder', () => {
    const readmes = present.filter((name) => name.endsWith('/README.md'));
    const named = (page: string) =>
      [...prose(page).matchAll(/`([\w./-]+\.(?:cc|h|inc|ts|tsx|js|mjs|md))`/g)]
        .map(([, text = '']) => text)
        .filter((text) => !isRepositoryPath(text) && !/^(dist|build)\//.test(text));
    expect(readmes.flatMap(named).length).toBeGreaterThan(30);
    const gone = (page: string) =>
      named(page).filter((text) => {
        const folder = dirname(page);
        return !files.some((name) => name.startsWith(`${folder}/`) && name.endsWith(`/${text}`));
      });
    expect(missing(gone, readmes)).toEqual([]);
  });

  test('pages of the docs that the sources name', () => {
    const sources = files.filter((name) => /\.(cc|h|ts|tsx|js|mjs|txt|json)$/.test(name));
    const named = (source: string) =>
      [...readFileSync(source, 'utf8').matchAll(/(?<![\w./])docs\/[\w/-]+\.md/g)]
        .map(([path]) => path)
        .filter((path) => !isThere(path));
    expect(missing(named, sources)).toEqual([]);
  });
});
