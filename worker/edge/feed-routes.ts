import type { Context, Hono } from 'hono';
import type { CoreAnswer, CoreRequest } from './hub.ts';
import { type Env, refuse, respond } from './responses.ts';

/** A long poll and a pause between two messages of a stream last at most this long. */
const MAX_WAIT_SECONDS = 30;
/** A stream that has nothing to tell says so this often, for the proxies on its way. */
const KEEP_ALIVE_MS = 5000;
/** A stream ends after this time; the client comes back with Last-Event-ID and a credential that still counts. */
const MAX_STREAM_MS = 600_000;
/** Clients that wait, in polls and streams together; more get 503. */
const MAX_WAITING = 10_000;

export interface FeedOptions {
  ask: (request: CoreRequest) => CoreAnswer;
  shown: () => Promise<void>;
  changed: (timeoutMs: number) => Promise<void>;
  caller: (c: Context<Env>) => Omit<CoreRequest, 'operation'>;
  packBrotli?: Pack;
}

/** What passes comes out packed. */
export type Pack = () => ReadableWritablePair<Uint8Array, Uint8Array>;

interface Page {
  changes: { sequence: number }[];
  next: number;
  head: number;
  store: string;
}

const parse = (body: Uint8Array): Page => JSON.parse(new TextDecoder().decode(body));

const detailOf = (body: Uint8Array): string =>
  (JSON.parse(new TextDecoder().decode(body)) as { detail: string }).detail;

/** `GET /api/changes` and `GET /api/snapshot`: Cuesheet's own (docs/hub.md). */
export function addFeedRoutes(app: Hono<Env>, options: FeedOptions): void {
  const { ask, shown, changed, caller, packBrotli } = options;
  let waiting = 0;

  app.get('/api/changes', async (c) => {
    const { wait = '0', ...query } = c.req.query();
    const isStream = c.req.header('accept')?.includes('text/event-stream') ?? false;
    const since = c.req.header('last-event-id');
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
    let answer = await read(first);
    if (answer.status !== 200) return respond(answer.status, answer.body);
    if (waiting >= MAX_WAITING) return refuse(c, 503, `more than ${MAX_WAITING} clients wait`);
    if (isStream) {
      waiting++;
      const done = () => void waiting--;
      return streamOf(answer, (next) => read({ ...first, since: next }), changed, done);
    }
    const end = Date.now() + seconds * 1000;
    waiting++;
    try {
      for (let left = seconds * 1000; left > 0; left = end - Date.now()) {
        const { changes, next } = parse(answer.body);
        if (changes.length > 0) break;
        await changed(left);
        answer = await read({ ...first, since: next });
        if (answer.status !== 200) break;
      }
    } finally {
      waiting--;
    }
    return respond(answer.status, answer.body);
  });

  app.get('/api/snapshot', async (c) => {
    const { payloads, form } = c.req.query();
    const who = caller(c);
    const read = (before?: string) => {
      const body = JSON.stringify({ payloads, form, before });
      return ask({ operation: 'snapshot', ...who, body });
    };
    const first = read();
    await shown();
    if (first.status !== 200) return respond(first.status, first.body);
    let part: CoreAnswer | null = first;
    const lines = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        if (!part) return controller.close();
        const { body, next } = part;
        controller.enqueue(body as Uint8Array<ArrayBuffer>);
        part = next === undefined ? null : read(next);
        await shown();
        // A part that is missing must not look like the end.
        if (part && part.status !== 200) controller.error(new Error(detailOf(part.body)));
      },
    });
    const accepts = encodingsOf(c.req.header('accept-encoding') ?? '');
    const mayPack = packBrotli ? ['br', 'gzip', 'deflate'] : ['gzip', 'deflate'];
    const encoding = mayPack.find((name) => accepts.has(name));
    const headers = {
      'content-type': 'application/x-ndjson',
      'x-cuesheet-sequence': String(first.sequence),
      vary: 'accept-encoding',
      ...(encoding && { 'content-encoding': encoding }),
    };
    const pack = () =>
      encoding === 'br' && packBrotli
        ? lines.pipeThrough(packBrotli())
        : lines.pipeThrough(new CompressionStream(encoding as CompressionFormat));
    const packed = encoding ? pack() : lines;
    // workerd compresses by itself what has the header, unless it is told that this is done.
    const init = { headers, ...(encoding && { encodeBody: 'manual' }) };
    return new Response(packed, init);
  });
}

function encodingsOf(accepted: string): Set<string> {
  const names = accepted.split(',').filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part));
  return new Set(names.map((part) => part.split(';')[0]?.trim() ?? ''));
}

/** Server-sent events, read as fast as the client takes them. */
function streamOf(
  first: CoreAnswer,
  read: (since: number) => Promise<CoreAnswer>,
  changed: (timeoutMs: number) => Promise<void>,
  done: () => void,
): Response {
  const encoder = new TextEncoder();
  const end = Date.now() + MAX_STREAM_MS;
  let answer = first;
  let isOver = false;
  const finish = () => {
    if (!isOver) done();
    isOver = true;
  };
  const textOf = ({ changes, next, store, head }: Page) => {
    const lines = changes.map(
      (change) => `id: ${change.sequence}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`,
    );
    const place = JSON.stringify({ next, head, store });
    return `${lines.join('')}id: ${next}\nevent: at\ndata: ${place}\n\n`;
  };
  let since = -1;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const page = parse(answer.body);
      if (page.next !== since) {
        since = page.next;
        controller.enqueue(encoder.encode(textOf(page)));
      } else {
        controller.enqueue(encoder.encode(':\n\n'));
      }
      if (page.next === page.head) await changed(KEEP_ALIVE_MS);
      answer = await read(since);
      if (answer.status === 410) {
        const text = new TextDecoder().decode(answer.body);
        controller.enqueue(encoder.encode(`event: gone\ndata: ${text}\n\n`));
      }
      if (isOver || (answer.status === 200 && Date.now() < end)) return;
      finish();
      controller.close();
    },
    cancel: finish,
  });
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
  return new Response(body, { headers });
}
