import type { Hub } from './hub.ts';
import { createEventMaker, createRandom, type NewEvent } from './sample-events.ts';

const BACKLOG = 150;
const MAX_RUNNING_JOBS = 3;
const TICK_MS = 700;
const SENDER = 'sample';

/** The jobs that a sample before this one left unfinished. */
const UNFINISHED = `{ events(last: 100, statuses: ["pending", "in_progress"]) {
  edges { node { id sender description } } } }`;

interface Job {
  progress: number;
  label: string;
}

interface Answer {
  id?: string;
  data?: { events: { edges: { node: { id: string; sender: string; description: string } }[] } };
}

/** Sends a request to the hub; an answer that is not 200 is empty. */
type Send = (method: string, path: string, body: object, user?: string) => Promise<Answer>;

function createSend(hub: Hub, token: string): Send {
  return async (method, path, body, user = '') => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-sender': SENDER,
      'x-sender-type': SENDER,
      ...(user !== '' && { 'x-as-user': user }),
    };
    const text = JSON.stringify(body);
    const response = await hub.fetch(
      new Request(`http://hub${path}`, { method, headers, body: text }),
    );
    return response.status === 200 ? ((await response.json()) as Answer) : {};
  };
}

/** The jobs that run. */
function createJobs(send: Send, random: () => number) {
  const jobs = new Map<string, Job>();
  const take = (id: string, description: string) =>
    jobs.set(id, { progress: 0, label: labelOf(description) });
  return {
    count: () => jobs.size,
    async start(event: NewEvent): Promise<void> {
      const { id } = await send('POST', '/api/events', event);
      if (id) take(id, event.description);
    },
    async adopt(): Promise<void> {
      const { data } = await send('POST', '/graphql', { query: UNFINISHED });
      for (const { node } of data?.events.edges ?? []) {
        if (node.sender === SENDER) take(node.id, node.description);
      }
    },
    async move(): Promise<void> {
      for (const [id, job] of jobs) {
        job.progress = Math.min(100, job.progress + 3 + random() * 9);
        const done = job.progress >= 100;
        const failed = done && random() < 0.2;
        await send('PATCH', `/api/events/${id}`, {
          status: done ? (failed ? 'failed' : 'finished') : 'in_progress',
          progress: Math.round(job.progress),
          ...(done && { description: `${job.label} ${failed ? 'failed' : 'done'}` }),
        });
        if (done) jobs.delete(id);
      }
    },
  };
}

/**
 * Dispatches sample events through the hub's own API until stopped, so that a new hub has something
 * to show: a backlog for an empty store, then about one event a second and up to three running jobs.
 * `token` is a session of a service; finished events also happen in the names of `others`.
 */
export function startSample(
  hub: Hub,
  token: string,
  others: string[] = [],
  seed = 7,
): { stop(): void } {
  const random = createRandom(seed);
  const make = createEventMaker(random);
  const send = createSend(hub, token);
  const jobs = createJobs(send, random);
  let last = '';
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function dispatchOne(): Promise<void> {
    const { id } = await send('POST', '/api/events', make.finished(), make.pick(['', ...others]));
    if (id) last = id;
  }

  async function step(): Promise<void> {
    await dispatchOne();
    if (jobs.count() < MAX_RUNNING_JOBS && random() < 0.3) {
      await jobs.start({ ...make.job(), ...(last !== '' && { dependsOn: last }) });
    }
    await jobs.move();
  }

  async function run(): Promise<void> {
    if (hub.events() === 0) {
      for (let i = 0; i < BACKLOG && !stopped; i++) await dispatchOne();
    } else {
      await jobs.adopt();
    }
    const next = async () => {
      if (!stopped) await step();
      if (!stopped) timer = setTimeout(() => void next().catch(report), TICK_MS);
    };
    await next();
  }
  const report = (error: Error) => {
    if (!stopped) console.error(`cuesheet: sample events stopped: ${error.message}`);
  };
  void run().catch(report);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function labelOf(description: string): string {
  return description.replace(/ \.\.\.$/, '');
}
