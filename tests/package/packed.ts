import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A user's program: an event is stored, and a live query shows it. */
const APP = `import { openEvents } from 'cuesheet';

const events = await openEvents({ name: 'app', user: 'td' });
events.live({ topics: ['render.*'] }, (page) => {
  document.body.dataset.topics = page.events.map((event) => event.topic).join(' ');
});
await events.dispatch({ topic: 'render.shot', description: 'Rendering sh010' });
await events.flush();
document.body.dataset.storage = events.status.storage;
`;

/**
 * A project in an empty folder that has the packed package installed: the files of the tarball and
 * nothing else of this repository.
 */
export function packedProject(folder: string): string {
  const project = join(folder, 'project');
  const modules = join(project, 'node_modules');
  mkdirSync(modules, { recursive: true });
  const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    encoding: 'utf8',
  }).trim();
  mkdirSync(join(modules, 'cuesheet'));
  const to = ['-C', join(modules, 'cuesheet'), '--strip-components=1'];
  execFileSync('tar', ['-xzf', join(folder, tarball), ...to]);
  // What `npm install` would bring beside it.
  const beside = [
    '@hono',
    '@noble',
    'graphql',
    'hono',
    'jose',
    'ws',
    'lit',
    '@lit',
    'lit-html',
    'lit-element',
    '@lit-labs',
    'react',
    'react-dom',
    'scheduler',
  ];
  for (const name of beside) {
    symlinkSync(resolve('node_modules', name), join(modules, name));
  }
  writeFileSync(join(project, 'package.json'), '{"name":"app","private":true,"type":"module"}');
  writeFileSync(join(project, 'main.js'), APP);
  writeFileSync(join(project, 'index.html'), indexHtml('/main.js'));
  return project;
}

export const indexHtml = (script: string) =>
  `<!doctype html><meta charset="utf-8"><title>app</title><body>
<script type="module" src="${script}"></script>\n`;
