export { CuesheetError } from './error.ts';
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
  NewEvent,
  OpenOptions,
  PageInfo,
  QueryCondition,
  QueryFilter,
} from './types.ts';
