import WebSocket from 'ws';
import type { Answer } from '../hub-process.ts';

const WAIT_MS = 15_000;
const ASK_MS = 50;

/** One WebSocket of the hub and what it was told. */
export interface Listener {
  socket: WebSocket;
  /** All messages but heartbeats and the marks of `settle`. */
  messages: Answer[];
  heartbeats(): number;
  /** Waits until everything that happened before has arrived. */
  settle(): Promise<void>;
  /** Authenticates again, with other subscriptions, and waits until they hold. */
  subscribe(topics: string[], project?: string): Promise<void>;
  close(): void;
}

/** Waits until `check` holds. @throws Error after 15 s. */
export async function eventually(check: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
    if (check()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`timed out: ${what}`);
}

/** A socket before it says who it is, with all that it hears. */
export async function openSocket(url: string): Promise<{ socket: WebSocket; heard: Answer[] }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  const heard: Answer[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data))));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return { socket, heard };
}

/**
 * The code with which the hub closes a socket. Its close frame counts: workerd leaves the end of the
 * connection to the client, and `ws` would wait 30 s for it.
 */
export async function closeCode(socket: WebSocket): Promise<number> {
  const code = new Promise<number>((resolve) => socket.once('close', resolve));
  await eventually(() => socket.readyState >= socket.CLOSING, 'the hub closes the socket');
  socket.terminate();
  return code;
}

let marks = 0;

/**
 * Opens and authenticates a socket. AYON answers nothing to that: a message of a topic that only this
 * socket asks for shows when it holds.
 */
export async function listen(
  url: string,
  token: string,
  marker: { dispatch(event: object): Promise<string> },
  subscribe: string[],
  project?: string,
): Promise<Listener> {
  const { socket, heard } = await openSocket(url);
  let mark = '';
  const isMark = ({ topic }: Answer) => topic.startsWith('mark.of.');
  const hears = (text: string) =>
    heard.some(({ topic, description }) => topic === mark && description === text);
  const send = async () => {
    const description = `mark ${++marks}`;
    await marker.dispatch({ topic: mark, description, store: false });
    return description;
  };
  const listener: Listener = {
    socket,
    get messages() {
      return heard.filter((message) => !isMark(message) && message.topic !== 'heartbeat');
    },
    heartbeats: () => heard.filter(({ topic }) => topic === 'heartbeat').length,
    async settle() {
      const text = await send();
      await eventually(() => hears(text), 'the mark of a socket');
    },
    async subscribe(topics, only) {
      mark = `mark.of.socket${++marks}`;
      const auth = { topic: 'auth', token, subscribe: [...topics, mark], project: only ?? null };
      socket.send(JSON.stringify(auth));
      for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
        const text = await send();
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
        if (hears(text)) return;
      }
      throw new Error('timed out: the authentication of a socket');
    },
    close: () => socket.terminate(),
  };
  await listener.subscribe(subscribe, project);
  return listener;
}
