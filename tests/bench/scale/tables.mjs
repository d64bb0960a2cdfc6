// The tables of npm run bench:scale, as Markdown.
import { quantile } from '../figures.mjs';

const number = (value) => value.toLocaleString('en', { maximumSignificantDigits: 3 });
const ms = (value) => `${number(value)} ms`;
const mb = (value) => `${number(value / 1e6)} MB`;
const pair = (times) => `${number(quantile(times, 0.5))} / ${number(quantile(times, 0.99))} ms`;

/** p99 and the longest, and requests that got no good answer. */
function waits({ times, failures }) {
  const parts = Object.entries(times).map(
    ([name, list]) => `${name} ${number(quantile(list, 0.99))} / ${number(Math.max(...list))}`,
  );
  const failed = failures.length > 0 ? `; **${failures.length} failed: ${failures[0]}**` : '';
  return `${parts.join(', ')} ms${failed}`;
}

/** @throws Error when a cell is missing or not a number, so that no figure is lost in silence. */
function table(head, rows) {
  for (const row of rows) {
    const bad = row.length !== head.length || row.some((it) => /NaN|undefined|∞/.test(it));
    if (bad) throw new Error(`a figure is missing: ${row.join(' | ')}`);
  }
  const rule = head.map((_, at) => (at === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const FIGURES = [
  ['import', (it) => `${number(it.importMs / 1000)} s`],
  ['bytes on disk an event', (it) => number(it.disk)],
  ['first page after a start', (it) => ms(it.started.firstPageMs)],
  ['waits while loading, p99 / longest', (it) => waits(it.started.loading)],
  ['first write after all is loaded', (it) => ms(it.started.firstWriteMs)],
  ['waits at that write', (it) => waits(it.started.firstWrite)],
  [
    'resident: idle, loaded, written to',
    ({ started }) => [started.idle, started.loaded, started.written].map(mb).join(', '),
  ],
  ['CPU of GraphQL, 1 / 100 rows', (_, { cpu }) => `${number(cpu.one)} / ${ms(cpu.hundred)}`],
  [
    'dispatches, 16 in flight',
    (_, { dispatched }) => `${number(dispatched.times.length / dispatched.seconds)}/s`,
  ],
  ['a dispatch, p50 / p99', (_, { dispatched }) => pair(dispatched.times)],
  ['bytes written an event', (_, { dispatched }) => number(dispatched.bytes)],
  ['snapshot', ({ snapshot }) => `${number(snapshot.ms / 1000)} s, ${mb(snapshot.bytes)}`],
  ['waits meanwhile', (it) => waits(it.snapshot.waits)],
  ['resident after it', (it) => mb(it.snapshot.resident)],
  [
    'killed under load',
    ({ killed }) =>
      `${killed.restartMs.length} times, ${killed.acknowledged} acknowledged, ${killed.missing} missing, verify not clean ${killed.unclean} times`,
  ],
  ['start after a kill, longest', (it) => ms(Math.max(...it.killed.restartMs))],
  ['delete of half', (it) => `${number(it.removed.ms / 1000)} s`],
  ['waits meanwhile', (it) => waits(it.removed.waits)],
  ['resident after it', (it) => mb(it.removed.resident)],
  ['start after it', (it) => ms(it.removed.restartMs)],
];

export function tablesOf({ results, running }, { events, load }) {
  const names = results.map(({ name }) => name);
  const ofHub = (at) => ({ cpu: running.cpu[at], dispatched: running.dispatched[at] });
  const rows = FIGURES.map(([name, text]) => [
    name,
    ...results.map((it, at) => text(it, ofHub(at))),
  ]);
  const columns = running.times.map((_, at) => names[at] ?? 'AYON');
  const reads = Object.keys(running.times[0]).map((name) => [
    name,
    ...running.times.map((times) => pair(times[name])),
  ]);
  const title = `${events.toLocaleString('en')} events, Node ${process.version}, load ${load.toFixed(1)}`;
  const head = `read, p50 / p99`;
  return `${title}\n\n${table(['figure', ...names], rows)}\n\n${table([head, ...columns], reads)}`;
}

export function tableOfWall({ events, status, text, atWall, afterStart, withRoom, isClean }) {
  const answers = (tried) =>
    Object.entries(tried)
      .map(([name, answer]) => `${name} ${answer}`)
      .join(', ');
  const good = { ...atWall, ...afterStart };
  if (status !== 507 || Object.values(good).some((it) => it > 299) || withRoom > 299 || !isClean) {
    process.exitCode = 1;
  }
  return table(
    ['at the wall (32 MiB)', 'answer'],
    [
      [`event ${events + 1}`, `${status} ${text}`],
      ['then', answers(atWall)],
      ['after a start', answers(afterStart)],
      ['a dispatch when half is deleted', String(withRoom)],
      ['verify', isClean ? 'no problems' : '**problems**'],
    ],
  );
}
