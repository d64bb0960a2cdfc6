import type { Context, Hono } from 'hono';
import { accepts } from 'hono/accepts';
import { streamSSE } from 'hono/streaming';
import type { CoreAnswer, CoreRequest } from './core-request.ts';
import type { Log } from './log.ts';
import { type Env, refuse, respond } from './responses.ts';
import { addRoute } from './route-table.ts';

/** A long poll and a pause between two messages of a stream last at most this long. */
const MAX_WAIT_SECONDS = 30;
/** How often a stream without changes sends a comment, so that proxies keep it open. */
const KEEP_ALIVE_MS = 5000;
/** A stream ends after this time; the client reconnects with Last-Event-ID and a credential that is still valid. */
const MAX_STREAM_MS = 600_000;
/** The most waiting clients, polls and streams together; others get 503. */
const MAX_WAITING = 10_000;

export interface FeedOptions {
  ask: (request: CoreRequest) => CoreAnswer;
  shown: () => Promise<void>;
  changed: (timeoutMs: number) => Promise<void>;
  caller: (c: Context<Env>) => Omit<CoreRequest, 'operation'>;
  log: Log;
  packBrotli?: Pack;
}

/** A stream that compresses what passes through it. */
export type Pack = () => ReadableWritablePair<Uint8Array, Uint8Array>;

interface Page {
  changes: { sequence: number }[];
  next: number;
  version: number;
  head: number;
  store: string;
}

const parse = (body: Uint8Array): Page => JSON.parse(new TextDecoder().decode(body));

const detailOf = (body: Uint8Array): string =>
  (JSON.parse(new TextDecoder().decode(body)) as { detail: string }).detail;

/** `GET /api/changes`, `GET /api/snapshot` and `GET /api/export`: Cuesheet's own (docs/hub.md). */
export function addFeedRoutes(app: Hono<Env>, options: FeedOptions): void {
  addChanges(app, options);
  addSnapshot(app, options);
  addExport(app, options);
}

function addChanges(app: Hono<Env>, { ask, shown, changed, caller, log }: FeedOptions): void {
  let waiting = 0;

  /** Reads again until there are changes, or the time is over. */
  async function poll(
    c: Context<Env>,
    first: CoreAnswer,
    read: (since: number) => Promise<CoreAnswer>,
    ms: number,
  ) {
    let answer = first;
    const end = Date.now() + ms;
    for (let left = ms; left > 0; left = end - Date.now()) {
      const { changes, next } = parse(answer.body);
      if (changes.length > 0) break;
      await changed(left);
      answer = await read(next);
      if (answer.status !== 200) break;
    }
    return respond(c, answer.status, answer.body);
  }

  addRoute(app, 'changes', async (c) => {
    const { wait = '0', ...query } = c.req.query();
    const since = c.req.header('last-event-id');
    const isStream = c.req.method === 'GET' && accepted(c, 'Accept', ['text/event-stream']) !== '';
    const first = { ...query, ...(isStream && since !== undefined && { since }) };
    const seconds = Number(wait);
    if (!(seconds >= 0 && seconds <= MAX_WAIT_SECONDS)) {
      return refuse(c, 400, `wait: expected 0 to ${MAX_WAIT_SECONDS} seconds`);
    }
    const read = async (args: object) => {
      const answer = ask({ operation: 'changes', ...caller(c), body: JSON.stringify(args) });
      await shown();
      return answer;
    };
    const readFrom = (next: number) => read({ ...first, since: next });
    const answer = await read(first);
    if (answer.status !== 200) return respond(c, answer.status, answer.body);
    if (waiting >= MAX_WAITING) return refuse(c, 503, `more than ${MAX_WAITING} clients wait`);
    waiting++;
    if (isStream) {
      const ended = (problem: string | null) => {
        waiting--;
        if (problem) log('error', `a stream of changes: ${problem}`);
      };
      return streamOf(c, answer, readFrom, changed, ended);
    }
    try {
      return await poll(c, answer, readFrom, seconds * 1000);
    } finally {
      waiting--;
    }
  });
}

function addSnapshot(app: Hono<Env>, options: FeedOptions): void {
  addRoute(app, 'snapshot', async (c) => {
    const { payloads, form, end } = c.req.query();
    const who = options.caller(c);
    const read = (before?: string) => {
      const body = JSON.stringify({ payloads, form, end, before });
      return options.ask({ operation: 'snapshot', ...who, body });
    };
    const first = read();
    await options.shown();
    if (first.status !== 200) return respond(c, first.status, first.body);
    return linesOf(c, options, first, read, { 'x-cuesheet-sequence': String(first.sequence) });
  });
}

function addExport(app: Hono<Env>, options: FeedOptions): void {
  addRoute(app, 'export', async (c) => {
    const { end } = c.req.query();
    const who = options.caller(c);
    const ask = (args: object) =>
      options.ask({ operation: 'export', ...who, body: JSON.stringify(args) });
    const first = ask({ end });
    await options.shown();
    if (first.status !== 200) return respond(c, first.status, first.body);
    const read = (begun: string) => ask({ end, export: begun });
    const headers = { 'cache-control': 'no-store' };
    return linesOf(c, options, first, read, headers, (begun) => ask({ export: begun, stop: true }));
  });
}

/**
 * A stream of lines, read part by part as fast as the client accepts them, and compressed as it asks. `stop` is
 * called when the client goes away before the last part.
 */
function linesOf(
  c: Context<Env>,
  { shown, packBrotli }: FeedOptions,
  first: CoreAnswer,
  read: (next: string) => CoreAnswer,
  headers: Record<string, string>,
  stop?: (next: string) => void,
): Response {
  let part: CoreAnswer | null = first;
  const lines = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (!part) return controller.close();
      const { body, next } = part;
      controller.enqueue(body as Uint8Array<ArrayBuffer>);
      part = next === undefined ? null : read(next);
      await shown();
      // A missing part must not look like the end.
      if (part && part.status !== 200) controller.error(new Error(detailOf(part.body)));
    },
    cancel() {
      if (part?.next !== undefined) stop?.(part.next);
    },
  });
  const encodings = packBrotli ? ['br', 'gzip', 'deflate'] : ['gzip', 'deflate'];
  const encoding = accepted(c, 'Accept-Encoding', encodings);
  const pack = () =>
    encoding === 'br' && packBrotli
      ? lines.pipeThrough(packBrotli())
      : lines.pipeThrough(new CompressionStream(encoding as CompressionFormat));
  return new Response(encoding ? pack() : lines, {
    headers: {
      'content-type': 'application/x-ndjson',
      vary: 'accept-encoding',
      ...headers,
      ...(encoding && { 'content-encoding': encoding }),
    },
    // workerd compresses a body with this header itself, unless it is told that the body is encoded.
    ...(encoding && { encodeBody: 'manual' }),
  } as ResponseInit);
}

/** The first of these that the client accepts; '' = none. */
function accepted(
  c: Context<Env>,
  header: 'Accept' | 'Accept-Encoding',
  supports: string[],
): string {
  return accepts(c, {
    header,
    supports,
    default: '',
    match: (taken) =>
      supports.find((name) => taken.some(({ type, q }) => type === name && q > 0)) ?? '',
  });
}

/** Server-sent events, read as fast as the client accepts them; `ended` is called once. */
function streamOf(
  c: Context<Env>,
  first: CoreAnswer,
  read: (since: number) => Promise<CoreAnswer>,
  changed: (timeoutMs: number) => Promise<void>,
  ended: (problem: string | null) => void,
): Response {
  const end = Date.now() + MAX_STREAM_MS;
  let isOver = false;
  const finish = (problem: string | null) => {
    if (!isOver) ended(problem);
    isOver = true;
  };
  const response = streamSSE(c, async (stream) => {
    stream.onAbort(() => finish(null));
    let since = -1;
    try {
      for (let answer = first; !stream.aborted; answer = await read(since)) {
        if (answer.status === 410) {
          await stream.writeSSE({ event: 'gone', data: new TextDecoder().decode(answer.body) });
        }
        if (answer.status !== 200 || Date.now() >= end) break;
        const page = parse(answer.body);
        await stream.write(page.next === since ? ':\n\n' : textOf(page));
        since = page.next;
        if (page.next === page.head) await changed(KEEP_ALIVE_MS);
      }
      finish(null);
    } catch (error) {
      finish((error as Error).message);
    }
  });
  response.headers.set('cache-control', 'no-store');
  // The runtime decides how to frame the body; HTTP/2 has no such headers.
  for (const name of ['connection', 'transfer-encoding']) response.headers.delete(name);
  return response;
}

/** The messages of one page in one piece: a page may have a thousand of them. */
function textOf({ changes, next, version, head, store }: Page): string {
  const lines = changes.map(
    (change) => `id: ${change.sequence}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`,
  );
  const place = JSON.stringify({ next, version, head, store });
  return `${lines.join('')}id: ${next}\nevent: at\ndata: ${place}\n\n`;
}
