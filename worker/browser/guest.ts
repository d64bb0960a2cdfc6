import type { Owner } from './owner.ts';
import { createPatience } from './patience.ts';
import {
  type ChannelMessage,
  type FromOwner,
  type FromWorker,
  fromOwner,
  newOwner,
  type RequestMessage,
} from './protocol.ts';
import { createUnanswered } from './unanswered.ts';

type GuestChannel = Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'>;

/** The side of one page in its worker: asks the owner of the database, wherever that is. */
export interface Guest {
  /** After `end` it does nothing. */
  ask(message: RequestMessage): void;
  /**
   * From now on this worker is the owner, or null = another one. `stolen`: the previous owner may only be
   * frozen.
   */
  follow(owner: Pick<Owner, 'answer'> | null, stolen: boolean): void;
  end(): void;
}

/** `onSilent` is called when an owner elsewhere does not answer; without channel there is none. */
export function createGuest(
  page: string,
  channel: GuestChannel | null,
  post: (message: FromWorker) => void,
  onSilent: () => void,
  periodMs?: number,
): Guest {
  const unanswered = createUnanswered();
  let here: Pick<Owner, 'answer'> | null = null;
  let ended = false;
  const elsewhere = createElsewhere(page, channel, {
    isWanted: () => !here,
    announced: handOver,
    answered(message, isFirst) {
      patience.heard();
      receive(message);
      if (isFirst) unanswered.queued().forEach(send);
    },
  });
  const patience = createPatience(
    {
      isWaiting: () => unanswered.expects() && !here,
      ask: () => elsewhere.tell({ to: 'owner', page, ping: true }),
      onSilent,
    },
    periodMs,
  );

  function receive(message: FromOwner) {
    if ('taken' in message) unanswered.mark(message.taken, 'taken');
    else if ('pong' in message) return;
    else if (!('reply' in message) || unanswered.settle(message)) post(message);
  }

  function sendHere(owner: Pick<Owner, 'answer'>, message: RequestMessage) {
    unanswered.begin(message); // the page keeps it
    void owner.answer(page, message, (answer) => {
      if (here === owner) receive(answer);
    });
  }

  function send(message: RequestMessage) {
    if (here) return sendHere(here, message);
    patience.start();
    // An owner that has sent nothing may be frozen, and could later do what the next owner has done.
    if (!elsewhere.isKnown() && message.kind !== 'open') return;
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
      unanswered.add(message);
      send(message);
    },
    follow(owner, stolen) {
      here = owner;
      elsewhere.forget();
      handOver(stolen);
    },
    end() {
      ended = true;
      patience.stop();
      elsewhere.end();
    },
  };
}

/** The owner in another worker. Only the newest owner counts, because older ones may have been frozen. */
function createElsewhere(
  page: string,
  channel: GuestChannel | null,
  on: {
    /** False: the owner is in this worker. */
    isWanted(): boolean;
    announced(stolen: boolean): void;
    answered(message: FromOwner, isFirst: boolean): void;
  },
) {
  let owner: string | null = null;

  function hear(data: unknown) {
    if (!on.isWanted()) return;
    const announced = newOwner(data);
    if (announced) {
      owner = announced.owner;
      on.announced(announced.stolen);
      return;
    }
    const answer = fromOwner(data, page);
    if (!answer) return;
    const isFirst = owner === null;
    owner ??= answer.owner;
    if (answer.owner === owner) on.answered(answer.message, isFirst);
  }

  if (channel) channel.onmessage = ({ data }: MessageEvent<unknown>) => hear(data);
  return {
    tell: (message: ChannelMessage) => channel?.postMessage(message),
    isKnown: () => owner !== null,
    forget() {
      owner = null;
    },
    end: () => channel?.close(),
  };
}
