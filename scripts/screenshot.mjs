// Takes the README's pictures of the viewer with sample events: npm run screenshot.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { SIGNED_IN, startHub } from './hub-child.mjs';

const SAMPLE_MS = 14_000;
const SHOTS = [
  { name: 'viewer-dark', colorScheme: 'dark', viewport: { width: 1100, height: 560 } },
  {
    name: 'viewer-light',
    colorScheme: 'light',
    viewport: { width: 1180, height: 560 },
    details: true,
  },
  { name: 'viewer-narrow', colorScheme: 'dark', viewport: { width: 360, height: 560 } },
];

const folder = mkdtempSync(join(tmpdir(), 'cuesheet-'));
const hub = await startHub(['--data', folder], { ready: SIGNED_IN });
process.on('exit', () => hub.child.kill('SIGKILL'));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
for (const { name, details, ...options } of SHOTS) {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(`${hub.url}/#token=${hub.token}`);
  await page.locator('cuesheet-viewer [data-connection="live"]').waitFor();
  const running = page.locator('cuesheet-viewer tr', { has: page.locator('[role=progressbar]') });
  await running.first().waitFor();
  if (details) {
    await running.first().click();
    await page.locator('cuesheet-viewer .details dl').waitFor();
  }
  if (page.viewportSize().width > 1000) await page.locator('cuesheet-viewer .bars').waitFor();
  await page.screenshot({ path: `docs/images/${name}.png` });
}
await browser.close();
await hub.stop();
rmSync(folder, { recursive: true, force: true });
