export { CuesheetViewer, defineViewer } from './viewer.ts';
