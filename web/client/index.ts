export { CuesheetError } from './error.ts';
export { forgetUser } from './forget.ts';
export { openEvents } from './open-events.ts';
export type {
  EventChanges,
  EventDetail,
  EventPage,
  EventQuery,
  EventRow,
  Events,
  EventsErrorCode,
  EventsStatus,
  EventStatus,
  ImportReport,
  ImportSource,
  LocalWrite,
  LongWorkOptions,
  NewEvent,
  OpenOptions,
  Outbox,
  PageInfo,
  QueryCondition,
  QueryFilter,
  Scope,
  TransferProgress,
  VerifyProgress,
  VerifyReport,
  WriteOptions,
} from './types.ts';
