import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import {
  COVERAGE_FLAGS,
  coverBrowser,
  takeCoverage,
  untilWorkerIsCovered,
} from '../coverage/chromium.ts';

const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium with a profile of its own, which survives the browser. */
export async function launchChromium(
  profile: string,
  options: {
    viewport?: { width: number; height: number };
    colorScheme?: 'light' | 'dark';
    flags?: string[];
    /** Pages that are left are kept, as in a user's browser; Playwright switches that off. */
    pageCache?: boolean;
  } = {},
): Promise<BrowserContext> {
  const { flags = [], pageCache = false, ...rest } = options;
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: [...CHROMIUM_FLAGS, ...COVERAGE_FLAGS, ...flags],
    headless: true,
    ...(pageCache && { ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
    viewport: { width: 1280, height: 720 },
    ...rest,
  });
  await coverBrowser(context, profile);
  return context;
}

/** Kills every process of the browser that uses this profile, as a crash would. */
export function killBrowser(profile: string): void {
  takeCoverage(profile);
  const processes = execFileSync('ps', ['-eo', 'pid=,ppid=,args=', '-ww'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .map((match) => ({ pid: Number(match?.[1]), parent: Number(match?.[2]), args: match?.[3] }));
  const doomed = new Set<number>();
  for (const { pid, args } of processes) {
    if (args?.includes(profile) && /chromium|firefox/.test(args)) doomed.add(pid);
  }
  // Not every child names the profile; parents come before their children.
  for (const { pid, parent } of processes) if (doomed.has(parent)) doomed.add(pid);
  for (const pid of doomed) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has ended already
    }
  }
}

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

export interface StaticServer {
  url: string;
  close(): void;
}

/** Serves dist/client and the given pages and files on 127.0.0.1; `onPost` gets what pages post. */
export async function serveStatic(
  pages: Record<string, string | Uint8Array>,
  onPost: (body: string) => void = () => {},
): Promise<StaticServer> {
  const server: Server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        onPost(Buffer.concat(parts).toString());
        response.writeHead(204).end();
      });
      return;
    }
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
    if (path === '/worker.js') await untilWorkerIsCovered();
    const page = pages[path];
    try {
      const bytes = page ?? readFileSync(join('dist/client', path));
      const type = TYPES[extname(path)] ?? (page ? 'text/html' : 'text/plain');
      response.writeHead(200, { 'content-type': type }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => void server.close(),
  };
}
