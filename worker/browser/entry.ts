import { type Database, joinDatabase } from './ownership.ts';
import {
  type FromWorker,
  type OpenRequest,
  parseRequest,
  requestNumber,
  transferOf,
} from './protocol.ts';

const worker = self as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void;
};

let database: Database | null = null;

function post(message: FromWorker): void {
  worker.postMessage(message, transferOf(message));
}

worker.onmessage = (event) => {
  const message = parseRequest(event.data);
  if (!message) {
    const text = 'not a message of this package: load page and worker of the same version';
    post({ reply: requestNumber(event.data), error: { code: 'invalid', message: text } });
    return;
  }
  if (message.kind === 'open') database ??= joinDatabase(message.body as OpenRequest, post);
  if (database) {
    database.request(message);
  } else {
    const error = { code: 'state', message: 'the first message must be "open"' } as const;
    post({ reply: message.request, error });
  }
};
