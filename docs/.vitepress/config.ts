import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { repositoryLinks } from './repository-links.ts';

const page = (text: string, name: string) => ({ text, link: `/${name}` });
const api = (name: string) => page(name, `api/${name}`);

const icon = readFileSync(new URL('../../web/viewer/page/icon.svg', import.meta.url), 'base64');

// biome-ignore lint/style/noDefaultExport: VitePress reads the default export
export default defineConfig({
  title: 'Cuesheet',
  description: "AYON's event system as a WebAssembly module",
  head: [['link', { rel: 'icon', href: `data:image/svg+xml;base64,${icon}` }]],
  outDir: '../build/site',
  cacheDir: '../build/vitepress',
  srcExclude: ['api/README.md'],
  markdown: { html: false, attrs: { disable: true }, config: repositoryLinks },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [page('Guides', 'start'), page('Viewer', 'viewer'), page('API', 'api/cuesheet')],
    sidebar: [
      {
        text: 'Guides',
        items: [
          page('Start', 'start'),
          page('An offline cache in a web UI', 'offline-cache'),
          page('Jobs and progress', 'jobs'),
          page('A hub on each runtime', 'runtimes'),
          page('An addon UI for AYON', 'addon-ui'),
          page('The event viewer', 'viewer'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('In a web page', 'web'),
          page('Running a hub', 'hub'),
          page('Topics', 'topics'),
          page('Compatibility', 'compatibility'),
          page("AYON's protocol", 'protocol'),
          page('Benchmarks', 'benchmarks'),
        ],
      },
      {
        text: 'How it works',
        items: [
          page('Design', 'design'),
          page('Words', 'words'),
          page('Storage format', 'storage'),
          page('Sync', 'sync'),
          page('The border', 'border'),
          page('Two versions at once', 'versions'),
          page('Decisions', 'decisions/README'),
          page('A store of our own', 'decisions/own-store'),
          page('IDBFS', 'decisions/idbfs'),
          page('Frames', 'decisions/frames'),
          page('One writer', 'decisions/one-writer'),
          page('Leases', 'decisions/leases'),
        ],
      },
      {
        text: 'API',
        items: [
          api('cuesheet'),
          api('cuesheet/react'),
          api('cuesheet/viewer'),
          api('cuesheet/hub'),
          api('cuesheet/hub/node'),
          api('cuesheet/hub/deno'),
          api('cuesheet/hub/bun'),
          api('cuesheet/hub/cloudflare'),
        ],
      },
    ],
  },
});
