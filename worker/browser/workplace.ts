import type { CallWithFiles } from '../../wasm/call-with-files.ts';
import type { Durability } from '../../wasm/host-files.ts';
import type { CoreStore } from '../../wasm/load.ts';
import type { LiveQueries } from './live.ts';
import type { LocalWrites } from './local-writes.ts';
import type { Answers, Kind, LiveMessage, Requests, Status, StatusMessage } from './protocol.ts';
import type { Upstream } from './upstream.ts';

export type Post = (message: LiveMessage | StatusMessage) => void;

/** How each kind of request is answered. `page` names the asking page, `post` reaches it. */
export type Handlers = {
  [K in Kind]: (body: Requests[K], page: string, post: Post) => Promise<Answers[K]> | Answers[K];
};

/** Everything that requests need. */
export interface Workplace {
  store: CoreStore;
  /** The same, for calls that may need files which are not in memory. */
  call: CallWithFiles;
  /** Null: the events live in this browser only. */
  upstream: Upstream | null;
  user: string | null;
  /** The pages that have opened the database. */
  pages: Map<string, { post: Post; version: number }>;
  live: LiveQueries;
  localWrites: LocalWrites;
  status(): Status;
  /** Call this after every change; resolves when everything so far is durable. */
  settle(durability?: Durability): Promise<void>;
  /** Saves what is in memory only because the disk was full, or rejects. */
  flush(): Promise<void>;
  leave(page: string): void;
}
