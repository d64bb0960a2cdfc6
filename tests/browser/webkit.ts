import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The browser that WebKitGTK brings for tests, whatever the version of its API. */
function miniBrowser(): string {
  const libraries = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const found = readdirSync(libraries)
    .filter((name) => name.startsWith('webkit'))
    .map((name) => join(libraries, name, 'MiniBrowser'))
    .find((path) => existsSync(path));
  if (!found) throw new Error('no MiniBrowser of WebKitGTK: scripts/setup test installs it');
  return found;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

/** A page of WebKitGTK, driven over WebDriver (Playwright's own WebKit is no Debian package). */
export interface WebKitPage {
  version: string;
  goto(url: string): Promise<void>;
  /** Calls the function in the page, with arguments that JSON can say, and waits for its promise. */
  evaluate<T, A extends unknown[]>(work: (...args: A) => T | Promise<T>, ...args: A): Promise<T>;
  close(): Promise<void>;
}

const ANSWER_MS = 30_000;
const START_ATTEMPTS = 100;

/** Starts a browser on a display of its own. What it stores ends with it. */
export async function launchWebKit(): Promise<WebKitPage> {
  const display = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x800x24'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [number] = (await once(display.stdout, 'data')) as [Buffer];
  const port = await freePort();
  const env = { ...process.env, DISPLAY: `:${String(number).trim()}`, LIBGL_ALWAYS_SOFTWARE: '1' };
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], { env, stdio: 'ignore' });
  const processes: ChildProcess[] = [driver, display];

  async function command(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body && { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: { message?: string } };
    if (!response.ok) throw new Error(`WebDriver: ${value.message}`);
    return value;
  }

  async function ready(): Promise<void> {
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      try {
        await command('GET', '/status');
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error('WebKitWebDriver does not start');
  }

  await ready();
  const browser = { binary: miniBrowser(), args: ['--automation'] };
  const { sessionId, capabilities } = (await command('POST', '/session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': browser } },
  })) as { sessionId: string; capabilities: { browserVersion: string } };
  const session = `/session/${sessionId}`;
  return {
    version: capabilities.browserVersion,
    async goto(url) {
      await command('POST', `${session}/url`, { url });
    },
    async evaluate<T, A extends unknown[]>(
      work: (...args: A) => T | Promise<T>,
      ...args: A
    ): Promise<T> {
      const script = `const done = arguments[arguments.length - 1];
        (async () => (${work.toString()})(...[...arguments].slice(0, -1)))().then(
          (value) => done({ value }),
          (error) => done({ error: String(error) + ' ' + (error.code ?? '') }),
        );`;
      const answer = (await command('POST', `${session}/execute/async`, { script, args })) as
        { value: T } | { error: string };
      if ('error' in answer) throw new Error(answer.error);
      return answer.value;
    },
    async close() {
      await command('DELETE', session).catch(() => {}); // it may have been killed
      for (const each of processes) each.kill('SIGKILL');
    },
  };
}
