import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

const PAGE_HEADERS = {
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " +
    "connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
};

/** The files of a folder as pages; null for what is not there. */
export function servePage(folder: string): (path: string) => Promise<Response | null> {
  return async (path) => {
    try {
      const name = normalize(path === '/' ? '/index.html' : decodeURIComponent(path));
      const type = TYPES[extname(name)];
      if (!type || name.includes('..')) return null;
      const bytes = await readFile(join(folder, name));
      return new Response(bytes, { headers: { 'content-type': type, ...PAGE_HEADERS } });
    } catch {
      return null;
    }
  };
}
