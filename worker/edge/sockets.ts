import type { Effect } from '../../wasm/methods.ts';
import { callerOf } from './core-request.ts';
import type { Credentials } from './credentials.ts';
import type { Log } from './log.ts';

/** The outside of one WebSocket. */
export interface Peer {
  /** Sends a text frame. */
  send(text: string): void;
  /** Closes the socket with a code of RFC 6455. */
  close(code: number): void;
  /** Bytes that the client has not received yet, where the runtime reports them. */
  unsentBytes?(): number;
  /** A host that keeps the last `state` beside the socket can pass it to `openSocket` of a later hub. */
  remember?(state: string): void;
}

/** The inside of one WebSocket. */
export interface SocketHandle {
  /** Resolves when everything that follows is done, for example a login. Never rejects. */
  message(text: string): Promise<void>;
  /** Call this once, when the socket is closed. */
  closed(): void;
}

/** Passes an event of a socket to the core (docs/border.md, 11); resolves when its result is saved. */
export type Tell = (header: Record<string, unknown>, text?: string) => Promise<void>;

/** Numbers the sockets, passes their events to the core and carries out its effects on them. */
export function createSockets(credentials: Credentials, log: Log, tell: Tell) {
  const reportSocket = (error: Error) => {
    log('error', `a message of a socket was not taken: ${error.message}`);
  };
  const peers = new Map<number, Peer>();
  let last = 0;
  let endedWith: number | null = null;

  async function authenticate(client: number, token: string): Promise<void> {
    const user = await credentials.byToken(token);
    if (peers.has(client)) {
      await tell({ event: 'authenticated', client, caller: user && callerOf(user) });
    }
  }

  const logins = createLogins((client, token) => authenticate(client, token).catch(reportSocket));

  return {
    open(peer: Peer, state?: string): SocketHandle {
      if (endedWith !== null) {
        peer.close(endedWith);
        return { message: () => Promise.resolve(), closed() {} };
      }
      const client = ++last;
      peers.set(client, peer); // before the core gets it, because the core may close all sockets
      void tell({ event: state === undefined ? 'opened' : 'restored', client }, state);
      return {
        async message(text) {
          try {
            await tell({ event: 'message', client }, text);
            await logins.underWay(client);
          } catch (error) {
            reportSocket(error as Error);
          }
        },
        closed: () => {
          if (peers.delete(client)) void tell({ event: 'closed', client });
        },
      };
    },
    /** For `/metrics`. */
    figures: () => ({ sockets: peers.size, socket_unsent_bytes: unsentBytes(peers.values()) }),
    tick: () => tell({ event: 'tick', client: 0 }),
    closeAll(code: number) {
      endedWith = code;
      for (const peer of peers.values()) peer.close(code);
      peers.clear();
    },
    carryOut(effects: Effect[]) {
      for (const effect of effects) {
        if (effect.effect === 'send') {
          for (const client of effect.clients) send(peers.get(client), effect.text, log);
        } else if (effect.effect === 'close') {
          log('info', 'socket closed', { code: effect.code });
          peers.get(effect.client)?.close(effect.code);
        } else if (effect.effect === 'identify') {
          logins.begin(effect.client, effect.token);
        } else if (effect.effect === 'remember') {
          peers.get(effect.client)?.remember?.(effect.state);
        }
      }
    },
  };
}

/** A socket that is closing may throw, before it says that it is closed; the others get theirs. */
function send(peer: Peer | undefined, text: string, log: Log): void {
  try {
    peer?.send(text);
  } catch (error) {
    log('info', 'not sent', { reason: (error as Error).message });
  }
}

function unsentBytes(peers: Iterable<Peer>): number {
  let sum = 0;
  for (const peer of peers) sum += peer.unsentBytes?.() ?? 0;
  return sum;
}

/** Logins of one socket are answered in their order. */
function createLogins(authenticate: (client: number, token: string) => Promise<void>) {
  const logins = new Map<number, Promise<void>>();
  return {
    underWay: (client: number) => logins.get(client),
    begin(client: number, token: string): void {
      const login = Promise.resolve(logins.get(client)).then(() => authenticate(client, token));
      logins.set(client, login);
      void login.finally(() => {
        if (logins.get(client) === login) logins.delete(client);
      });
    },
  };
}
