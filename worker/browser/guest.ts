import { createElsewhere, type GuestChannel } from './elsewhere.ts';
import type { Owner } from './owner.ts';
import { createPatience } from './patience.ts';
import type { FromOwner, FromWorker, RequestMessage, Status } from './protocol.ts';
import { createUnanswered } from './unanswered.ts';
import { knows, refusalOfOlderOwner } from './versions.ts';

/** The side of one page in its worker: asks the owner of the database, wherever that is. */
export interface Guest {
  /** After `end` it does nothing. */
  ask(message: RequestMessage): void;
  /**
   * From now on this worker is the owner, or null = another one. `stolen`: the previous owner may only be
   * frozen.
   */
  follow(owner: Pick<Owner, 'answer'> | null, stolen: boolean): void;
  /** Requests may be sent again (`mayAsk`): those that were kept meanwhile go to the owner. */
  resume(): void;
  end(): void;
}

/** What a guest needs from its worker. */
export interface GuestHost {
  /** An owner elsewhere does not answer; without channel there is none. */
  silent(): void;
  /** An owner elsewhere has shown itself: its name, and its version. */
  met?(owner: string, version: number): void;
  /** False: the database is being handed over, so requests wait here. */
  mayAsk?(): boolean;
  /** What the page's status says while an owner elsewhere is older than this worker; else null. */
  reload?(): string | null;
}

export function createGuest(
  page: string,
  channel: GuestChannel | null,
  post: (message: FromWorker) => void,
  host: GuestHost,
  periodMs?: number,
): Guest {
  const unanswered = createUnanswered();
  let here: Pick<Owner, 'answer'> | null = null;
  let ended = false;
  let opened = 0; // the number of the request that opens the database
  let lastStatus: Status | null = null; // of an owner elsewhere
  const elsewhere = createElsewhere(page, channel, {
    isWanted: () => !here,
    met: (owner, version) => host.met?.(owner, version),
    announced: handOver,
    answered(message, isFirst) {
      patience.heard();
      receive(withReload(message));
      if (isFirst) unanswered.queued().forEach(send);
    },
  });
  const patience = createPatience(
    {
      isWaiting: () => unanswered.expects() && !here,
      ask: () => elsewhere.tell({ to: 'owner', page, ping: true }),
      onSilent: () => host.silent(),
    },
    periodMs,
  );

  /** The status is a message of its own, and the answer to `open`. */
  function withReload(message: FromOwner): FromOwner {
    const status = 'status' in message ? message.status : statusOfOpen(message);
    if (!status) return message;
    lastStatus = status;
    const reload = host.reload?.() ?? null;
    if (reload === null) return message;
    const shown = { ...status, reload };
    return 'reply' in message ? { reply: message.reply, value: shown } : { status: shown };
  }

  function statusOfOpen(message: FromOwner): Status | null {
    if (!('value' in message) || message.reply !== opened) return null;
    return message.value as Status | null;
  }

  function receive(message: FromOwner) {
    if ('taken' in message) unanswered.mark(message.taken, 'taken');
    else if ('pong' in message || 'handedOver' in message) return;
    else if (!('reply' in message) || unanswered.settle(message)) post(message);
  }

  function sendHere(owner: Pick<Owner, 'answer'>, message: RequestMessage) {
    unanswered.begin(message); // the page keeps it
    void owner.answer(page, message, (answer) => {
      if (here === owner) receive(answer);
    });
  }

  function send(message: RequestMessage) {
    if (host.mayAsk?.() === false) {
      if (!here) patience.start();
      return;
    }
    if (here) return sendHere(here, message);
    patience.start();
    // An owner that has sent nothing may be frozen, and could later do what the next owner has done.
    if (!elsewhere.isKnown() && message.kind !== 'open') return;
    if (elsewhere.isKnown() && !knows(elsewhere.version(), message.kind)) {
      return receive({ reply: message.request, error: refusalOfOlderOwner() });
    }
    unanswered.mark(message.request, 'sent');
    elsewhere.tell({ to: 'owner', page, message });
  }

  function handOver(stolen: boolean) {
    patience.heard();
    const { again, lost } = unanswered.handOver(stolen);
    lost.forEach(post);
    again.forEach(send);
  }

  return {
    ask(message) {
      if (ended) return;
      if (message.kind === 'open') opened = message.request;
      unanswered.add(message);
      send(message);
    },
    follow(owner, stolen) {
      here = owner;
      lastStatus = null;
      elsewhere.forget();
      handOver(stolen);
    },
    resume() {
      if (lastStatus && !here) post(withReload({ status: lastStatus }) as FromWorker);
      unanswered.queued().forEach(send);
    },
    end() {
      ended = true;
      patience.stop();
      elsewhere.end();
    },
  };
}
