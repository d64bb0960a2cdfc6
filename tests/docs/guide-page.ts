import { serveStatic, type StaticServer } from '../browser/launch.ts';

/** Lets `cuesheet` be the files of dist/client, which `serveStatic` serves. */
const IMPORTS = '<script type="importmap">{"imports": {"cuesheet": "/index.js"}}</script>';

/** Serves a guide: its page, and its blocks as one module, `main.js`. `code` is asked for at each load. */
export async function serveGuide(html: string, code: () => string): Promise<StaticServer> {
  const pages = {
    '/': `<!doctype html><meta charset="utf-8">${IMPORTS}<body>${html}`,
    get '/main.js'() {
      return code();
    },
  };
  return serveStatic(pages);
}
