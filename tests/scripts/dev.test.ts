import { spawn } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { launchChromium } from '../browser/launch.ts';
import { temporaryFolder } from '../edge/hub-process.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

test('npm run dev shows the viewer from its sources with the events of a hub of its own', async () => {
  const args = ['scripts/dev.mjs', '--port', '0', '--data', `${folder.path}/data`];
  const dev = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => dev.once('exit', done));
  try {
    const link = await new Promise<string>((found, fail) => {
      ended.then((code) => fail(new Error(`it ended with ${code}`)));
      let output = '';
      dev.stdout.on('data', (data) => {
        output += data;
        const url = /open the event viewer: (\S+)/.exec(output)?.[1];
        if (url) found(url);
      });
    });
    const browser = await launchChromium(`${folder.path}/profile`);
    try {
      const page = await browser.newPage();
      await page.goto(link);
      await page.getByRole('row').nth(5).waitFor();
      const sources = await page.evaluate(() =>
        performance.getEntriesByType('resource').map(({ name }) => name),
      );
      expect(sources.some((name) => name.endsWith('/web/viewer/viewer.ts'))).toBe(true);
    } finally {
      await browser.close();
    }
  } finally {
    dev.kill('SIGTERM');
    await ended;
  }
  expect(dev.exitCode).toBe(0);
});
