import type { MarkdownRenderer } from 'vitepress';

/** Where a link or a picture of the README leads on the site; null = to a file that the site does not have. */
function ofReadme(href: string): string | null {
  if (/^(https?:|#)/.test(href)) return href;
  return href.startsWith('docs/') ? href.replace('docs/', './') : null;
}

/** The same of a page in docs/ or a folder of it: the README is the page `start`. */
function ofPage(page: string): (href: string) => string | null {
  const up = '../'.repeat(page.split('/').length - 1);
  return (href) => {
    if (href === `${up}../README.md`) return `./${up}start.md`;
    return href.startsWith(`${up}../`) ? null : href;
  };
}

/**
 * The README and the pages of docs/ are read in the repository as well as here: links that hold there become
 * those that hold here. A link to a file that the site does not have becomes its text.
 */
export function repositoryLinks(md: MarkdownRenderer): void {
  md.core.ruler.after('inline', 'repository-links', ({ tokens, env }) => {
    const isApi = env.relativePath.startsWith('api/');
    const page: string = env.relativePath;
    const lead = isApi ? String : page === 'start.md' ? ofReadme : ofPage(page);
    for (const token of tokens) {
      if (token.type === 'code_block') token.type = 'fence'; // indented code looks like any other
      if (!token.children) continue;
      let isGone = false;
      token.children = token.children.filter((child) => {
        if (child.type === 'link_close') return !isGone;
        const name = child.type === 'image' ? 'src' : 'href';
        const href = child.attrGet(name);
        if (href === null) return true;
        const to = lead(href);
        if (to !== null) child.attrSet(name, to);
        if (child.type === 'link_open') isGone = to === null;
        return to !== null;
      });
    }
  });
}
