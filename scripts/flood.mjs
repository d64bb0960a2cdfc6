// npm run flood -- [--seconds=60]: 10,000 events a second into a hub that a page in Chromium follows. Ends with
// `N passed, N failed`: nothing lost; the page's thread never busy for more than 50 ms; the list live.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { importBundled } from './bundle.mjs';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
execFileSync('bash', ['scripts/build'], { stdio: ['ignore', 'ignore', 'inherit'] });
const { floodPage } = await importBundled('tests/browser/flood.ts', 'flood');
const report = await floodPage(Number(values.seconds));
console.log(report);
const checks = {
  'nothing is lost': report.arrived === report.sent,
  'the thread of the page is never busy for more than 50 ms': report.longestTaskMs === 0,
  'the list follows, ten times a second and more': report.pages >= 10 * Number(values.seconds),
};
for (const [what, ok] of Object.entries(checks)) console.log(`${ok ? 'ok' : 'FAILED'}: ${what}`);
const failed = Object.values(checks).filter((ok) => !ok).length;
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
