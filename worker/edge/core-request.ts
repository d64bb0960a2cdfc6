import type { CoreOperation } from './route-table.ts';
import type { User } from './users.ts';

/** One request for the core (docs/border.md, method 10). */
export interface CoreRequest {
  operation: CoreOperation;
  id?: string;
  user: User | null;
  denied?: string;
  deniedStatus?: number;
  sender?: string | null;
  senderType?: string | null;
  body?: Uint8Array | string;
}

/** The core's answer. */
export interface CoreAnswer {
  status: number;
  body: Uint8Array;
  /** All that the store has is durable, so a read may be answered at once. */
  durable: boolean;
  /** Of a part of a snapshot or an export: what the request for the next one names; absent = this was the last. */
  next?: string;
  /** Of the first part of a snapshot: its changes continue after this sequence. */
  sequence?: number;
}

/** The roles of a user in the form that the core reads. */
export function callerOf(user: User): Record<string, unknown> {
  const { isService, isAdmin, isManager, isGuest, accessGroups } = user.data;
  return { name: user.name, isService, isAdmin, isManager, isGuest, accessGroups };
}
