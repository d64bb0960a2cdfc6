/**
 * The event viewer as custom elements (docs/viewer.md). Importing has no side effects: `defineViewer()` and
 * `defineProgress()` register them.
 *
 * @module cuesheet/viewer
 */
export { CuesheetProgress, defineProgress } from './progress.ts';
export type { ViewerFilter } from './filter.ts';
export { ENGLISH, type Strings } from './strings.ts';
export { CuesheetViewer, defineViewer } from './viewer.ts';
