// npm run fanout -- [--relays N] [--sockets N] [--events N]: sockets at relay objects in workerd receive
// every event once and in order (docs/hub.md, Relay). Needs dist/ (npm run build).
import { parseArgs } from 'node:util';
import { importBundled } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    relays: { type: 'string', default: '10' },
    sockets: { type: 'string', default: '2000' },
    events: { type: 'string', default: '100' },
  },
});
const size = {
  relays: Number(values.relays),
  sockets: Number(values.sockets),
  events: Number(values.events),
};
if (!Object.values(size).every((number) => number > 0)) {
  console.error('usage: npm run fanout -- [--relays N] [--sockets N] [--events N]');
  process.exit(2);
}
const { fanOut } = await importBundled('tests/edge/fan-out.ts', 'fan-out');
const { wrong, relays, lastMs } = await fanOut(size);
const messages = size.sockets * size.events;
console.log(`${relays} relays, ${size.sockets} sockets, ${messages} messages, ${wrong} wrong`);
console.log(`the last socket had everything ${Math.round(lastMs)} ms after the last dispatch`);
console.log(`${messages - wrong} passed, ${wrong} failed`);
process.exit(wrong === 0 ? 0 : 1);
