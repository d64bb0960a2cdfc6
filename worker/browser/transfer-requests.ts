import type { CallWithFiles } from '../../wasm/call-with-files.ts';
import type { ImportAnswer } from '../../wasm/import-lines.ts';
import { type ExportHeader, Method } from '../../wasm/methods.ts';
import type { VerifyStep } from './protocol.ts';
import { WorkerError } from './worker-error.ts';
import type { Handlers, Workplace } from './workplace.ts';

const MIRROR =
  'these events mirror a server: import into a database without one, or into the folder of the hub';

/**
 * Chunks of lines share a commit up to this many bytes, because every commit of an import rewrites the newest
 * block. The last chunk waits this long for more, in milliseconds.
 */
const IMPORT_COMMIT_BYTES = 12 << 20;
const IMPORT_COMMIT_MS = 30;

/** Export, import and verify: one part, one chunk or one file for each request. */
export function createTransferHandlers(
  work: Pick<Workplace, 'upstream' | 'settle'> & { call: CallWithFiles },
): Pick<Handlers, 'export' | 'import' | 'verify'> {
  const { call, upstream, settle } = work;
  let batch: { bytes: number; commit(): void; done: Promise<void> } | null = null;

  function createBatch() {
    let commit = () => {};
    const begun = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const timer = setTimeout(commit, IMPORT_COMMIT_MS);
    const done = begun.then(() => {
      clearTimeout(timer);
      batch = null;
      return settle();
    });
    return { bytes: 0, commit, done };
  }

  return {
    async export({ after }) {
      const header = after === null ? {} : { after };
      const part = await call<ExportHeader>(Method.export, header);
      const { next, events, unreadable } = part.header;
      // A stream cannot report what is missing in it, so it stops.
      for (const { id, message } of unreadable) {
        throw new WorkerError('corrupt', `the payload of event ${id} cannot be read: ${message}`);
      }
      return { next, events, lines: part.body.slice() };
    },
    async import({ lines }) {
      if (upstream) throw new WorkerError('state', MIRROR);
      const { header } = await call<ImportAnswer>(Method.import, {}, lines);
      batch ??= createBatch();
      const { done } = batch;
      batch.bytes += lines.length;
      if (batch.bytes >= IMPORT_COMMIT_BYTES) batch.commit();
      await done;
      return header;
    },
    async verify({ file }) {
      return (await call<VerifyStep>(Method.verify, file === null ? {} : { file })).header;
    },
  };
}
