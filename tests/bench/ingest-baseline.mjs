// The yardstick of ingest: the same lines in plain JavaScript, JSON.parse and a Map by id. Reading the
// file and cutting it into lines is not timed. Prints {"events_per_second":N}, the median of passes.
// usage: node ingest-baseline.mjs FILE
import { closeSync, openSync, readSync } from 'node:fs';

const PIECE_BYTES = 4 << 20;
const ENOUGH_SECONDS = 1;

function* pieces(path) {
  const buffer = Buffer.alloc(PIECE_BYTES);
  const file = openSync(path);
  let kept = 0; // bytes of a line whose end was not in the piece before
  for (;;) {
    const read = readSync(file, buffer, kept, PIECE_BYTES - kept, null);
    if (read === 0) break;
    const end = buffer.lastIndexOf(10, kept + read - 1) + 1;
    yield buffer.toString('utf8', 0, end - 1).split('\n');
    kept = buffer.copy(buffer, 0, end, kept + read);
  }
  closeSync(file);
}

function pass(path) {
  const events = new Map();
  let seconds = 0;
  for (const lines of pieces(path)) {
    const start = performance.now();
    for (const line of lines) {
      const event = JSON.parse(line);
      events.set(event.id, event);
    }
    seconds += (performance.now() - start) / 1000;
  }
  return { events: events.size, seconds };
}

const rates = [];
for (let total = 0; total < ENOUGH_SECONDS;) {
  const { events, seconds } = pass(process.argv[2]);
  rates.push(events / seconds);
  total += seconds;
}
rates.sort((a, b) => a - b);
console.log(JSON.stringify({ events_per_second: rates[rates.length >> 1] }));
