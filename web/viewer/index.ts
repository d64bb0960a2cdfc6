export { CuesheetProgress, defineProgress } from './progress.ts';
export type { Strings } from './strings.ts';
export { CuesheetViewer, defineViewer } from './viewer.ts';
