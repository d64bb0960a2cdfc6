import { createReadHandlers } from './read-requests.ts';
import { statusFor } from './status.ts';
import { createTransferHandlers } from './transfer-requests.ts';
import { PROTOCOL_VERSION, rowFormOf, versionOf } from './versions.ts';
import type { Handlers, Workplace } from './workplace.ts';
import { createWriteHandlers } from './write-requests.ts';

type PageHandlers = Pick<Handlers, 'open' | 'live' | 'unlive' | 'token' | 'flush' | 'close'>;
type OutboxHandlers = Pick<Handlers, 'outbox' | 'retry' | 'discard'>;

/** Requests as calls of the core. */
export function createHandlers(work: Workplace): Handlers {
  return {
    ...createPageHandlers(work),
    ...createReadHandlers(work),
    ...createWriteHandlers(work),
    ...createOutboxHandlers(work),
    ...createTransferHandlers(work),
  };
}

/** What a page has open, and how to close it. */
function createPageHandlers(work: Workplace): PageHandlers {
  const { upstream, live, settle } = work;
  return {
    open(body, page, post) {
      const version = versionOf(body);
      work.pages.set(page, { post, version });
      if (body.token !== null) upstream?.setToken(body.token); // this tab may be newly signed in
      return statusFor(work.status(), version);
    },
    async live({ live: number, query }, page, post) {
      const form = rowFormOf(work.pages.get(page)?.version ?? PROTOCOL_VERSION);
      await live.add(`${page} ${number}`, number, form, query, post);
      return null;
    },
    unlive({ live: number }, page) {
      live.remove(`${page} ${number}`);
      return null;
    },
    token({ token }) {
      upstream?.setToken(token);
      return null;
    },
    async flush({ durability }) {
      await settle(durability);
      await work.flush();
      return null;
    },
    async close(_body, page) {
      await settle();
      work.leave(page);
      return null;
    },
  };
}

function createOutboxHandlers({ localWrites, settle }: Workplace): OutboxHandlers {
  return {
    outbox: () => localWrites.list(),
    async retry({ number }) {
      localWrites.retry(number);
      await settle();
      return null;
    },
    async discard({ number }) {
      localWrites.discard(number);
      await settle();
      return null;
    },
  };
}
