import type { HibernatingSocket, ObjectState } from './cloudflare-api.ts';
import type { Hub, SocketHandle } from '../hub.ts';
import { CloseCode, MAX_FRAME_BYTES, MAX_SOCKETS } from './server.ts';
import { randomHex } from '../users.ts';

/** An attachment may have 16,384 bytes, two a character; a longer state goes into the storage. */
const MAX_ATTACHED = 4000;
const STATE_KEY = 'socket:';

interface Attachment {
  id: string;
  state?: string;
}

/** The WebSockets of a Durable Object, which stay open while the object sleeps. */
export interface ObjectSockets {
  /** False when there are too many. */
  accept(socket: HibernatingSocket): boolean;
  message(socket: HibernatingSocket, data: string | ArrayBuffer): Promise<void>;
  closed(socket: HibernatingSocket): void;
  count(): number;
}

/** Restores in the hub the sockets of the previous object. */
export function createObjectSockets(ctx: ObjectState, hub: Hub): ObjectSockets {
  const { kv } = ctx.storage;
  const handles = new Map<string, SocketHandle>();
  const idOf = (socket: HibernatingSocket) =>
    (socket.deserializeAttachment() as Attachment | null)?.id ?? '';

  function open(socket: HibernatingSocket, id: string, state?: string): void {
    const peer = {
      send: (text: string) => whileOpen(() => socket.send(text)),
      close: (code: number) => whileOpen(() => socket.close(code)),
      remember(next: string) {
        const fits = next.length <= MAX_ATTACHED;
        if (!fits) kv.put(STATE_KEY + id, next);
        whileOpen(() => socket.serializeAttachment(fits ? { id, state: next } : { id }));
        if (fits) kv.delete(STATE_KEY + id);
      },
    };
    handles.set(id, hub.openSocket(peer, state));
  }

  for (const socket of ctx.getWebSockets()) {
    try {
      const { id, state } = socket.deserializeAttachment() as Attachment;
      open(socket, id, state ?? (kv.get(STATE_KEY + id) as string | undefined));
    } catch {
      // The state is of another version: the client begins again.
      whileOpen(() => socket.close(CloseCode.restart, 'the hub was updated'));
    }
  }
  for (const [key] of [...kv.list({ prefix: STATE_KEY })]) {
    if (!handles.has(key.slice(STATE_KEY.length))) kv.delete(key);
  }

  return {
    accept(socket) {
      if (handles.size >= MAX_SOCKETS) return false;
      const id = randomHex(8);
      ctx.acceptWebSocket(socket);
      socket.serializeAttachment({ id });
      open(socket, id);
      return true;
    },
    async message(socket, data) {
      if (typeof data !== 'string') return;
      if (data.length > MAX_FRAME_BYTES) socket.close(CloseCode.tooBig, 'too big');
      else await handles.get(idOf(socket))?.message(data);
    },
    closed(socket) {
      const id = idOf(socket);
      handles.get(id)?.closed();
      handles.delete(id);
      kv.delete(STATE_KEY + id);
      whileOpen(() => socket.close()); // the answer to a close: without it the connection stays
    },
    count: () => handles.size,
  };
}

/** A socket that its client has closed meanwhile throws; its `closed` event follows by itself. */
function whileOpen(work: () => void): void {
  try {
    work();
  } catch {
    // it was closed
  }
}
