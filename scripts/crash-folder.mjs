// Two hubs on one folder, each in a namespace of process ids of its own, in random orders of start, SIGKILL, SIGSTOP,
// SIGCONT and SIGTERM, under load:
// npm run crash:folder -- --orders N [--steps M] [--lanes L] [--runtime node|deno|bun] [--seed S]
// Needs dist/ (npm run build). The same seed takes the same steps after the same times.
import { parseArgs } from 'node:util';
import { importBundled } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '10' },
    steps: { type: 'string', default: '9' },
    lanes: { type: 'string', default: '5' },
    runtime: { type: 'string', default: 'node' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [orders, steps, lanes, seed] = [values.orders, values.steps, values.lanes, values.seed].map(
  Number,
);
const runtimes = {
  node: [process.execPath],
  deno: ['node_modules/.bin/deno', 'run', '-A'],
  bun: ['node_modules/.bin/bun'],
};
const isValid = orders > 0 && steps > 0 && lanes > 0 && Number.isInteger(seed);
if (!isValid || !Object.hasOwn(runtimes, values.runtime)) {
  console.error(
    'usage: npm run crash:folder -- --orders N [--steps M] [--lanes L] [--runtime node|deno|bun] [--seed S]',
  );
  process.exit(2);
}

const { HAS_NAMESPACES, runOrders } = await importBundled(
  'tests/edge/folder-orders.ts',
  'crash-folder',
);
console.log(
  HAS_NAMESPACES
    ? 'each hub has a namespace of process ids of its own (unshare)'
    : 'unshare is not allowed here: a stub tells each hub that it has a namespace of its own',
);
const sums = { acknowledged: 0, takenOver: 0, lost: 0, refused: 0 };
let failed = 0;
await runOrders({
  orders,
  steps,
  lanes,
  seed,
  runtime: runtimes[values.runtime],
  onOrder(order, { done, problems, ...counts }) {
    for (const key of Object.keys(sums)) sums[key] += counts[key];
    if (problems.length > 0) failed++;
    const shown = problems.length === 0 ? 'ok' : `FAILED: ${problems.slice(0, 5).join('; ')}`;
    console.log(`order ${order} (${done}): ${counts.acknowledged} events acknowledged, ${shown}`);
  },
});
console.log(
  `${sums.acknowledged} events acknowledged; ${sums.takenOver} hubs took the folder over, ${sums.lost} found out that they had lost it, ${sums.refused} were refused`,
);
console.log(
  `seed ${seed}: npm run crash:folder -- --orders ${orders} --steps ${steps} --lanes ${lanes} --runtime ${values.runtime} --seed ${seed}`,
);
console.log(`${orders - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
