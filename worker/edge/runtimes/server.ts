import type { Hub, Peer } from '../hub.ts';

export const MAX_FRAME_BYTES = 1 << 20;
export const MAX_SOCKETS = 10_000;
/** A socket with more unsent bytes than this is closed, because its client is too slow. */
export const MAX_BUFFERED_BYTES = 4 << 20;
/** Requests and sockets that remain this long after the hub closed are cut off. */
const CLOSE_TIMEOUT_MS = 3000;
const TICK_MS = 1000;

/** WebSocket close codes that the adapters themselves send. */
export const CloseCode = { tooBig: 1009, restart: 1012, tryAgainLater: 1013 } as const;

/** A hub that listens. */
export interface HubServer {
  /** `http://HOST:PORT`. */
  url: string;
  /**
   * Stops listening, lets requests under way finish, closes the hub; sockets get 1001.
   * @throws Error when the last events could not be saved.
   */
  close(): Promise<void>;
}

/** What the WebSockets of the runtimes have in common. */
export interface RuntimeSocket {
  send(text: string): unknown;
  close(code: number, reason?: string): unknown;
}

/** The sockets of a server that does not wait for them itself. */
export interface OpenSockets {
  readonly size: number;
  enter(socket: object): void;
  leave(socket: object): void;
  /** Resolves when the last one has left, or after `giveUp()`. */
  untilNone(): Promise<void>;
  giveUp(): void;
}

export function createOpenSockets(): OpenSockets {
  const open = new Set<object>();
  let giveUp = () => {};
  const none = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  let isWaitedFor = false;
  const look = () => {
    if (isWaitedFor && open.size === 0) giveUp();
  };
  return {
    get size() {
      return open.size;
    },
    enter: (socket) => void open.add(socket),
    leave(socket) {
      open.delete(socket);
      look();
    },
    untilNone() {
      isWaitedFor = true;
      look();
      return none;
    },
    giveUp,
  };
}

/** The outside of a socket whose unsent bytes are bounded. */
export function boundedPeer(socket: RuntimeSocket, bufferedBytes: () => number): Peer {
  return {
    send(text) {
      if (bufferedBytes() > MAX_BUFFERED_BYTES) socket.close(CloseCode.tryAgainLater, 'too slow');
      else socket.send(text);
    },
    close: (code) => void socket.close(code),
    unsentBytes: bufferedBytes,
  };
}

/**
 * The `HubServer` of a hub that already gets requests. `stop` ends the listening and resolves when everything
 * under way has finished; `cut` ends what does not finish.
 */
export function startTicking(
  hub: Hub,
  host: string,
  port: number,
  ends: { stop: () => Promise<unknown>; cut: () => void },
): HubServer {
  const timer = setInterval(() => void hub.tick(), TICK_MS);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async close() {
      clearInterval(timer);
      const stopped = ends.stop();
      const impatient = setTimeout(ends.cut, CLOSE_TIMEOUT_MS);
      try {
        await hub.close();
        await stopped;
      } finally {
        clearTimeout(impatient);
      }
    },
  };
}
