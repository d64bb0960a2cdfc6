import type { Durability } from '../../wasm/host-files.ts';
import { parseJson } from './page-reader.ts';
import type { EnrolledJob, Events, LocalWrite, WriteOptions } from './types.ts';
import type { WorkerPort } from './worker-port.ts';

type Writes = Pick<Events, 'dispatch' | 'update' | 'remove' | 'enroll' | 'flush' | 'outbox'>;

/** The methods that change events, and the local writes that wait for the server. */
export function createWrites(
  port: WorkerPort,
  durabilityOf: (write?: WriteOptions) => { durability: Durability },
): Writes {
  return {
    dispatch: (event, write) =>
      port.request('dispatch', { event, ...durabilityOf(write) }, write?.signal),
    async update(id, changes, write) {
      await port.request('update', { id, changes, ...durabilityOf(write) }, write?.signal);
    },
    async remove(id, write) {
      const request = { id, ...durabilityOf(write) };
      return (await port.request('remove', request, write?.signal)).removed;
    },
    async enroll(request, write) {
      const asked = { request, ...durabilityOf(write) };
      const bytes = await port.request('enroll', asked, write?.signal);
      return bytes && parseJson<EnrolledJob>(bytes);
    },
    async flush(write) {
      await port.request('flush', durabilityOf(write), write?.signal);
    },
    outbox: {
      list: async () => parseJson<LocalWrite[]>(await port.request('outbox', {})),
      async retry(number) {
        await port.request('retry', { number });
      },
      async discard(number) {
        await port.request('discard', { number });
      },
    },
  };
}
