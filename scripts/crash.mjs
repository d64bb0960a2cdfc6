// Kills real browsers while they write, and checks what is there afterwards:
// npm run crash -- --kills N [--browser chromium|firefox|both] [--tabs T] [--seed S]
// Needs dist/ (npm run build). The same seed kills after the same times. A loss that Chromium's own log
// names as corruption of its LevelDB is counted apart, and that kill is repeated.
import { parseArgs } from 'node:util';
import { importBundled } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    browser: { type: 'string', default: 'both' },
    tabs: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const kills = Number(values.kills);
const tabs = Number(values.tabs);
const seed = Number(values.seed);
const browsers = values.browser === 'both' ? ['chromium', 'firefox'] : [values.browser];
const known = browsers.every((name) => name === 'chromium' || name === 'firefox');
if (!known || !(kills > 0) || !(tabs > 0) || !Number.isInteger(seed)) {
  console.error(
    'usage: npm run crash -- --kills N [--browser chromium|firefox|both] [--tabs T] [--seed S]',
  );
  process.exit(2);
}

const { runKills } = await importBundled('tests/browser/crash.ts', 'crash');

let passed = 0;
let failed = 0;
let browserLosses = 0;
for (const [number, browser] of browsers.entries()) {
  // For an odd number, the first browser gets one more.
  const share = Math.floor((kills + browsers.length - 1 - number) / browsers.length);
  console.log(`== ${browser}: ${share} kills, ${tabs} tabs, seed ${seed}`);
  await runKills({
    browser,
    kills: share,
    tabs,
    seed,
    onKill(kill, problems, acknowledged) {
      if (problems.length === 0) passed++;
      else failed++;
      const shown = problems.length === 0 ? 'ok' : `FAILED: ${problems.slice(0, 5).join('; ')}`;
      console.log(`${browser} kill ${kill}: ${acknowledged} events acknowledged so far, ${shown}`);
    },
    onBrowserLoss(kill, lines) {
      browserLosses++;
      console.log(`${browser} kill ${kill}: browser lost its database: ${lines.join('; ')}`);
    },
  });
}
console.log(
  `seed ${seed}: npm run crash -- --kills ${kills} --browser ${values.browser} --tabs ${tabs} --seed ${seed}`,
);
console.log(`browser lost its database: ${browserLosses}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
