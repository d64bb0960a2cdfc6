import { chunksOfLines, createImportReport, type LineChunk } from '../../wasm/import-lines.ts';
import type { Answers, Requests } from '../../worker/browser/protocol.ts';
import { abortError, CuesheetError } from './error.ts';
import { bytesOf } from './import-source.ts';
import type {
  ImportReport,
  ImportSource,
  LongWorkOptions,
  TransferProgress,
  VerifyProgress,
  VerifyReport,
} from './transfer-types.ts';
import type { WorkerPort } from './worker-port.ts';

/** How often, and how many times, to ask a store that is being opened: one minute in all. */
const LOADING_RETRY_MS = 100;
const MAX_LOADING_RETRIES = 600;
/** Chunks of an import, 4 MiB each, that are under way at a time; with fewer, the worker is idle while it commits. */
const CHUNKS_UNDER_WAY = 10;
/** More files than any store has. */
const MAX_FILES = 100_000;

type TransferKind = 'export' | 'import' | 'verify';
type Ask = Pick<WorkerPort, 'request'>;

/** See `Events.export`. */
export function exportEvents(
  port: Ask,
  totalEvents: number,
  { signal, onProgress }: LongWorkOptions<TransferProgress>,
): ReadableStream<Uint8Array> {
  let after: string | null = null;
  let events = 0;
  let bytes = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const part: Answers['export'] = await ask(port, 'export', { after }, signal);
        throwIfAborted(signal);
        after = part.next;
        events += part.events;
        bytes += part.lines.length;
        if (part.lines.length > 0) controller.enqueue(part.lines);
        if (after === null) controller.close();
        onProgress?.({ events, bytes, totalEvents: Math.max(events, totalEvents) });
      },
    },
    { highWaterMark: 0 }, // nothing is read before it is requested
  );
}

/** See `Events.import`. */
export async function importEvents(
  port: Ask,
  source: ImportSource,
  { signal, onProgress }: LongWorkOptions<TransferProgress>,
): Promise<ImportReport> {
  const { report, add, addTooLong } = createImportReport();
  const totalBytes = source instanceof Blob ? source.size : undefined;
  let bytes = 0;

  async function send(chunk: LineChunk): Promise<void> {
    add(chunk, await ask(port, 'import', { lines: chunk.lines }, signal));
    bytes += chunk.lines.length;
    const events = report.events + report.known + report.refused;
    onProgress?.({ events, bytes, ...(totalBytes !== undefined && { totalBytes }) });
  }

  // Chunks are read by the core while those before them are made durable, several in one commit.
  const underWay: Promise<void>[] = [];
  throwIfAborted(signal);
  for await (const chunk of chunksOfLines(bytesOf(source, signal), addTooLong)) {
    if (signal?.aborted || report.stopped) break;
    const sent = send(chunk);
    sent.catch(() => {}); // the await below reports the error
    underWay.push(sent);
    if (underWay.length === CHUNKS_UNDER_WAY) await underWay.shift();
  }
  for (const sent of underWay) await sent;
  throwIfAborted(signal);
  return report;
}

/** See `Events.verify`. */
export async function verifyEvents(
  port: Ask,
  { signal, onProgress }: LongWorkOptions<VerifyProgress>,
): Promise<VerifyReport> {
  const problems: VerifyReport['problems'][number][] = [];
  let file: string | null = null;
  for (let files = 1; files <= MAX_FILES; files++) {
    const step: Answers['verify'] = await ask(port, 'verify', { file }, signal);
    problems.push(...step.problems);
    onProgress?.({ files, problems: problems.length });
    if (step.next === null) return { files, problems };
    file = step.next;
  }
  throw new CuesheetError('corrupt', `there are more than ${MAX_FILES} files: no store makes that`);
}

/** Asks the worker, and asks again while it is still loading the events that the answer needs. */
async function ask<K extends TransferKind>(
  port: Ask,
  kind: K,
  body: Requests[K],
  signal: AbortSignal | undefined,
): Promise<Answers[K]> {
  for (let retries = 0; ; retries++) {
    throwIfAborted(signal);
    try {
      return await port.request(kind, body);
    } catch (error) {
      const loading = error instanceof CuesheetError && error.code === 'loading';
      if (!loading || retries === MAX_LOADING_RETRIES) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOADING_RETRY_MS));
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError();
}
