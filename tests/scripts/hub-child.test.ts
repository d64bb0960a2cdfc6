import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from '../edge/hub-process.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const { startHub, SIGNED_IN } = await import(pathToFileURL(resolve('scripts/hub-child.mjs')).href);

/** A command that is no hub; it notes its process id. */
function commandOf(name: string, code: string): { cli: string; isRunning(): boolean } {
  const cli = join(folder.path, `${name}.mjs`);
  const note = join(folder.path, `${name}.pid`);
  const writing = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(note)}, String(process.pid));`;
  writeFileSync(cli, `${writing}\n${code}\n`);
  const isRunning = () => existsSync(`/proc/${readFileSync(note, 'utf8')}`);
  return { cli, isRunning };
}

test('a hub is there when it is ready, with its address and the link that signs in', async () => {
  const hub = await startHub(['--data', join(folder.path, 'data')], { ready: SIGNED_IN });
  const me = await fetch(`${hub.url}/api/users/me`, {
    headers: { authorization: `Bearer ${hub.token}` },
  });
  expect(me.status).toBe(200);
  expect(await hub.stop()).toBe(0);
});

test('a hub that ends before is an error with its last output', async () => {
  const code =
    "console.log('x'.repeat(9000)); console.error('no such disk'); process.exitCode = 3;";
  const { cli } = commandOf('ends', code);
  const error = await startHub([], { cli }).catch((caught: Error) => caught);
  expect(error.message).toMatch(/^the hub ended with 3; it printed:\n/);
  expect(error.message).toContain('no such disk');
  expect(error.message.length).toBeLessThan(5000);
});

test('a hub that is not ready in time is an error, and is ended', async () => {
  const { cli, isRunning } = commandOf(
    'hangs',
    "console.log('loading'); setInterval(() => {}, 1e6);",
  );
  await expect(startHub([], { cli, limitMs: 5000 })).rejects.toThrow(
    'the hub was not ready in 5 s; it printed:\nloading',
  );
  await expect.poll(isRunning).toBe(false);
});
