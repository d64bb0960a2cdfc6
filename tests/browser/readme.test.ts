import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allEvents, KEYS, startHub, temporaryFolder } from '../edge/hub-process.ts';
import { launchChromium, serveStatic } from './launch.ts';

/** The code blocks of the README in a language. */
function blocks(language: string): string[] {
  const pattern = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g');
  return [...readFileSync('README.md', 'utf8').matchAll(pattern)].map((match) => match[1] ?? '');
}

test('the JavaScript of the README runs in a browser and shows the job to its end', async () => {
  const [code = ''] = blocks('js');
  const page = `<!doctype html>
    <script type="importmap">{"imports": {"cuesheet": "/index.js"}}</script>
    <script type="module">${code}; console.log('the end');</script>`;
  const server = await serveStatic({ '/': page });
  const profile = temporaryFolder();
  const browser = await launchChromium(profile.path);
  const tab = await browser.newPage();
  const lines: string[] = [];
  tab.on('console', (message) => lines.push(message.text()));
  tab.on('pageerror', (error) => lines.push(`error: ${error.message}`));
  await tab.goto(server.url);
  await expect.poll(() => lines, { timeout: 10_000 }).toContain('the end');
  await expect
    .poll(() => lines.map((line) => line.trim()), { timeout: 5000 })
    .toContain('render.shot finished');
  expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
  await browser.close();
  server.close();
  profile.remove();
});

test('the Python of the README runs against a hub', async () => {
  const folder = temporaryFolder();
  const hub = await startHub(folder.path);
  const code = (blocks('python')[0] ?? '')
    .replace('http://127.0.0.1:5000', hub.url)
    .replace('the service key that npm start printed', KEYS.service);
  execFileSync('.toolchain/venv/bin/python', ['-c', code], { timeout: 30_000 });
  expect((await allEvents(hub)).map((event) => event.topic)).toEqual(['render.shot']);
  await hub.stop();
  folder.remove();
});
