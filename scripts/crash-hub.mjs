// Kills hubs (SIGKILL) while they take writes, and checks what is there afterwards:
// npm run crash:hub -- --kills N [--runtime node|deno|bun] [--seed S]
// Needs dist/ (npm run build). The same seed kills after the same times.
import { parseArgs } from 'node:util';
import { importBundled } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    runtime: { type: 'string', default: 'node' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);
const runtimes = {
  node: [process.execPath],
  deno: ['node_modules/.bin/deno', 'run', '-A'],
  bun: ['node_modules/.bin/bun'],
};
if (!(kills > 0) || !Number.isInteger(seed) || !Object.hasOwn(runtimes, values.runtime)) {
  console.error('usage: npm run crash:hub -- --kills N [--runtime node|deno|bun] [--seed S]');
  process.exit(2);
}

const { runKills } = await importBundled('tests/edge/crash.ts', 'crash-hub');

let passed = 0;
let failed = 0;
await runKills({
  kills,
  seed,
  runtime: runtimes[values.runtime],
  onKill(kill, problems, acknowledged) {
    if (problems.length === 0) passed++;
    else failed++;
    const shown = problems.length === 0 ? 'ok' : `FAILED: ${problems.slice(0, 5).join('; ')}`;
    console.log(`kill ${kill}: ${acknowledged} events acknowledged so far, ${shown}`);
  },
});
console.log(
  `seed ${seed}: npm run crash:hub -- --kills ${kills} --runtime ${values.runtime} --seed ${seed}`,
);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
