import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';
import { launchChromium, serveStatic } from './launch.ts';
import { LOCAL_PAGE, type LocalWindow } from './local-page.ts';

declare const window: LocalWindow;

test('where the user lets sites store nothing, events are kept in memory, and it says so', async () => {
  const server = await serveStatic({ '/': LOCAL_PAGE });
  const profile = temporaryFolder();
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
  mkdirSync(join(profile.path, 'Default'));
  writeFileSync(join(profile.path, 'Default', 'Preferences'), JSON.stringify(settings));
  const browser = await launchChromium(profile.path);
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => window.ready, null, { timeout: 30_000 });
  const seen = await page.evaluate(async () => {
    const { id } = await window.events.dispatch({
      topic: 'demo.memory',
      description: '😀'.slice(0, 1),
      summary: { text: '😀'.slice(1) },
    });
    const event = await window.events.get(id);
    const found = await window.events.count({ filter: '😀'.slice(0, 1) });
    return { ...event, found: found.total, status: window.events.status };
  });
  expect(seen).toMatchObject({ topic: 'demo.memory', description: '\uFFFD', found: 1 });
  expect(seen.summary).toEqual({ text: '\uFFFD' }); // half an emoji
  expect(seen.status).toMatchObject({ storage: 'memory', problem: 'unavailable' });
  expect(seen.status.message).toMatch(/lets this page store nothing: events last until it closes$/);
  // Signing out and asking who was here do not fail where nothing is stored.
  const left = await page.evaluate(async () => {
    const { forgetUser, storedUsers } = window.cuesheet;
    const users = await storedUsers({ server: 'https://ayon.example' });
    await forgetUser({ server: 'https://ayon.example', user: 'alice' });
    await window.events.forget();
    return users;
  });
  expect(left).toEqual([]);
  await browser.close();
  server.close();
  profile.remove();
});
