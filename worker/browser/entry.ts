import { type Database, joinDatabase } from './ownership.ts';
import { type FromWorker, type OpenRequest, parseRequest } from './protocol.ts';

const worker = self as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: FromWorker): void;
};

let database: Database | null = null;

worker.onmessage = (event) => {
  const message = parseRequest(event.data);
  if (!message) {
    const text = 'not a message of this package: load page and worker of the same version';
    worker.postMessage({ reply: -1, error: { code: 'invalid', message: text } });
    return;
  }
  if (message.kind === 'open') {
    database ??= joinDatabase(message.body as OpenRequest, (answer) => worker.postMessage(answer));
  }
  if (database) {
    database.request(message);
  } else {
    const error = { code: 'state', message: 'the first message must be "open"' } as const;
    worker.postMessage({ reply: message.request, error });
  }
};
