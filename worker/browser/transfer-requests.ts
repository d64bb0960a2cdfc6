import type { CallWithFiles } from '../../wasm/call-with-files.ts';
import type { ImportAnswer } from '../../wasm/import-lines.ts';
import { Method } from '../../wasm/methods.ts';
import type { ExportPart, VerifyStep } from './protocol.ts';
import type { Handlers, Workplace } from './requests.ts';
import { WorkerError } from './worker-error.ts';

const MIRROR =
  'these events mirror a server: import into a database without one, or into the folder of the hub';

/** Export, import and verify: one part, one chunk or one file for each request. */
export function createTransferHandlers(
  work: Pick<Workplace, 'upstream' | 'settle'> & { call: CallWithFiles },
): Pick<Handlers, 'export' | 'import' | 'verify'> {
  const { call, upstream, settle } = work;
  return {
    async export({ after }) {
      const header = after === null ? {} : { after };
      const part = await call<Omit<ExportPart, 'lines'>>(Method.export, header);
      return { ...part.header, lines: part.body.slice() };
    },
    async import({ lines }) {
      if (upstream) throw new WorkerError('state', MIRROR);
      const { header } = await call<ImportAnswer>(Method.import, {}, lines);
      await settle();
      return header;
    },
    async verify({ file }) {
      return (await call<VerifyStep>(Method.verify, file === null ? {} : { file })).header;
    },
  };
}
