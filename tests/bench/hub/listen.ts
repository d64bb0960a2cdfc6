// The sockets of npm run bench:hub, in a process of Bun, whose WebSockets cost a part of Node's:
// bun listen.ts URL KEY SOCKETS EVENTS
// Writes "ready" when all are signed in, and what they heard when they have all events or nothing came
// for a while.

const QUIET_MS = 3000;
/** Events before this one are heard, but their times not counted: everything is compiled then. */
const WARM_UP = 100;
const NUMBERS = /"number":(\d+),"sentAt":(\d+\.?\d*)/;

/** What the sockets heard, together. */
export interface Heard {
  /** Milliseconds from the dispatch to the message, in steps of 0.1, with the number of messages that took as long. */
  counts: number[];
  /** Messages that did not come, came twice, or came in another order than to the first socket. */
  wrong: number;
}

const now = () => performance.timeOrigin + performance.now();

function listen(url: string, key: string, hear: (number: number, sentAt: number) => void) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  return new Promise<void>((resolve, reject) => {
    socket.onerror = () => reject(new Error('a socket did not open'));
    socket.onopen = () => {
      socket.send(JSON.stringify({ topic: 'auth', token: key, subscribe: ['bench.fan'] }));
    };
    socket.onmessage = ({ data }) => {
      const found = NUMBERS.exec(data as string);
      if (found) hear(Number(found[1]), Number(found[2]));
      else resolve(); // the first heartbeat: it is signed in
    };
  });
}

async function run(url: string, key: string, sockets: number, events: number): Promise<Heard> {
  const heard = Array.from({ length: sockets }, () => [] as number[]);
  const counts: number[] = [];
  let last = now();
  await Promise.all(
    heard.map((numbers) =>
      listen(url, key, (number, sentAt) => {
        last = now();
        numbers.push(number);
        if (number < WARM_UP) return;
        const step = Math.max(0, Math.round((last - sentAt) * 10));
        counts[step] = (counts[step] ?? 0) + 1;
      }),
    ),
  );
  console.log('ready');
  last = now() + QUIET_MS;
  const isDone = () => heard.every((numbers) => numbers.length >= events);
  while (!isDone() && now() < last + QUIET_MS) await new Promise((go) => setTimeout(go, 100));
  const order = heard[0] ?? [];
  const isComplete = new Set(order).size === events && order.length === events;
  const right = heard.map((numbers) => numbers.filter((number, at) => number === order[at]).length);
  const all = right.reduce((sum, it) => sum + it, 0);
  return { counts, wrong: isComplete ? sockets * events - all : sockets * events };
}

const [url = '', key = '', sockets = '0', events = '0'] = process.argv.slice(2);
console.log(JSON.stringify(await run(url, key, Number(sockets), Number(events))));
process.exit(0);
