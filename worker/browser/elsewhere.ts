import { type ChannelMessage, type FromOwner, fromOwner, newOwner } from './protocol.ts';
import { SILENT_VERSION, versionOf } from './versions.ts';

export type GuestChannel = Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'>;

/** The owner in another worker, as a guest sees it. */
export interface Elsewhere {
  tell(message: ChannelMessage): void;
  /** Whether an owner has announced itself, or answered. */
  isKnown(): boolean;
  /** Its version. */
  version(): number;
  forget(): void;
  end(): void;
}

/** Only the newest owner counts, because older ones may have been frozen. */
export function createElsewhere(
  page: string,
  channel: GuestChannel | null,
  on: {
    /** False: the owner is in this worker. */
    isWanted(): boolean;
    /** Called before the two below, when it is not the owner of the message before. */
    met(owner: string, version: number): void;
    announced(stolen: boolean): void;
    answered(message: FromOwner, isFirst: boolean): void;
  },
): Elsewhere {
  let owner: string | null = null;
  let version = SILENT_VERSION;

  function meet(next: string, message: unknown) {
    owner = next;
    version = versionOf(message);
    on.met(owner, version);
  }

  function hear(data: unknown) {
    if (!on.isWanted()) return;
    const announced = newOwner(data);
    if (announced) {
      meet(announced.owner, announced);
      on.announced(announced.stolen);
      return;
    }
    const answer = fromOwner(data, page);
    if (!answer) return;
    const isFirst = owner === null;
    if (isFirst) meet(answer.owner, answer);
    if (answer.owner === owner) on.answered(answer.message, isFirst);
  }

  if (channel) channel.onmessage = ({ data }: MessageEvent<unknown>) => hear(data);
  return {
    tell: (message) => channel?.postMessage(message),
    isKnown: () => owner !== null,
    version: () => version,
    forget() {
      owner = null;
    },
    end: () => channel?.close(),
  };
}
