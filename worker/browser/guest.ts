import type { Owner } from './owner.ts';
import { createPatience } from './patience.ts';
import {
  type ChannelMessage,
  type FromOwner,
  type FromWorker,
  fromOwner,
  isWrite,
  newOwner,
  type RequestMessage,
} from './protocol.ts';
import { createUnanswered, ownerLost } from './unanswered.ts';

/** The side of one page in its worker: asks the owner of the database, wherever that is. */
export interface Guest {
  ask(message: RequestMessage): void;
  /**
   * From now on this worker is the owner, or null = another one. `stolen`: the one before may only
   * be asleep.
   */
  follow(owner: Pick<Owner, 'answer'> | null, stolen: boolean): void;
  end(): void;
}

/** `onSilent` is called when an owner elsewhere does not answer; without channel there is none. */
export function createGuest(
  page: string,
  channel: Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'> | null,
  post: (message: FromWorker) => void,
  onSilent: () => void,
  periodMs?: number,
): Guest {
  const unanswered = createUnanswered();
  const patience = createPatience(
    {
      isWaiting: () => unanswered.expects() && !here,
      ask: () => tell({ to: 'owner', page, ping: true }),
      onSilent,
    },
    periodMs,
  );
  /** Writes that the owner here has begun with. They are never asked again: the page alone keeps them. */
  const begun = new Set<number>();
  let here: Pick<Owner, 'answer'> | null = null;
  let elsewhere: string | null = null; // the last owner heard of; older ones may only have slept

  function tell(message: ChannelMessage) {
    channel?.postMessage(message);
  }

  function receive(message: FromOwner) {
    if ('taken' in message) unanswered.mark(message.taken, 'taken');
    else if ('pong' in message) return;
    else if (!('reply' in message) || begun.delete(message.reply) || unanswered.settle(message)) {
      post(message);
    }
  }

  function send(message: RequestMessage) {
    const owner = here;
    if (owner) {
      if (isWrite(message.kind)) {
        begun.add(message.request);
        unanswered.drop(message.request); // it may have waited for an owner
      } else {
        unanswered.mark(message.request, 'taken');
      }
      void owner.answer(page, message, (answer) => {
        if (here === owner) receive(answer);
      });
      return;
    }
    patience.start();
    // Of whom nothing was heard may be asleep, and do a write when somebody else has done it.
    if (elsewhere === null && message.kind !== 'open') return;
    unanswered.mark(message.request, 'sent');
    tell({ to: 'owner', page, message });
  }

  function handOver(stolen: boolean) {
    patience.heard();
    const { again, lost } = unanswered.handOver(stolen);
    for (const reply of [...[...begun].map(ownerLost), ...lost]) post(reply);
    begun.clear();
    for (const message of again) send(message);
  }

  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (here) return;
      const announced = newOwner(data);
      const answer = announced ? null : fromOwner(data, page);
      if (announced) {
        elsewhere = announced.owner;
        handOver(announced.stolen);
        return;
      }
      if (!answer) return;
      const first = elsewhere === null;
      elsewhere ??= answer.owner;
      if (answer.owner !== elsewhere) return;
      patience.heard();
      receive(answer.message);
      if (first) unanswered.queued().forEach(send);
    };
  }

  return {
    ask(message) {
      if (!here || !isWrite(message.kind)) unanswered.add(message);
      send(message);
    },
    follow(owner, stolen) {
      here = owner;
      elsewhere = null;
      handOver(stolen);
    },
    end() {
      patience.stop();
      channel?.close();
    },
  };
}
