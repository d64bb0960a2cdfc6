/**
 * The events of an AYON server or a hub in a web page: kept in IndexedDB, synced, queried and changed here, also
 * offline (docs/web.md). `openEvents` gives one object for everything.
 *
 * @module cuesheet
 */
export { CuesheetError } from './error.ts';
export { isTopic } from './event-types.ts';
export { forgetUser, storedUsers } from './forget.ts';
export { openEvents } from './open-events.ts';
export {
  countStore,
  type EventStore,
  eventStore,
  pageStore,
  progressStore,
  statusStore,
} from './stores.ts';
export type {
  ConnectionState,
  CoreErrorCode,
  CountQuery,
  Counts,
  Durability,
  EnrolledJob,
  EnrollRequest,
  EventChanges,
  EventDetail,
  EventPage,
  EventQuery,
  EventRow,
  Events,
  EventsErrorCode,
  EventsStatus,
  EventStatus,
  EventTree,
  Facet,
  FacetCounts,
  HistogramCounts,
  HistogramOptions,
  ImportReport,
  ImportSource,
  KnownTopic,
  LocalWrite,
  LongWorkOptions,
  NewEvent,
  OpenOptions,
  Outbox,
  PageInfo,
  PagePatch,
  PayloadOf,
  Progress,
  QueryCondition,
  QueryFilter,
  ReadOptions,
  Scope,
  StorageProblemKind,
  SummaryOf,
  TopicMap,
  TopicOf,
  TransferProgress,
  VerifyProgress,
  VerifyReport,
  WriteOptions,
} from './types.ts';
