import type { Events } from '../../web/client/index.ts';

/** What the page below offers to the tests. */
export interface TransferWindow {
  open(name: string): Promise<Events>;
  /** NDJSON of events `from` to `to`, each of about 450 bytes. */
  lines(from: number, to: number): string;
  text(events: Events): Promise<string>;
  ready: boolean;
}

/** A page that opens databases by name and makes events. */
export const TRANSFER_PAGE = `<!doctype html><meta charset="utf-8"><title>transfer</title>
<script type="module">
  import { openEvents } from '/index.js';
  window.open = (name) => openEvents({ name, user: 'tester' });
  const hex = (number) => 'e' + number.toString(16).padStart(31, '0');
  const time = (number) => new Date(1774000000000 + number * 1000).toISOString();
  window.lines = (from, to) => {
    let text = '';
    for (let i = from; i < to; i++) {
      text += JSON.stringify({
        id: hex(i),
        topic: i % 7 === 0 ? 'log.info' : 'demo.job',
        dependsOn: i % 10 === 1 ? hex(i - 1) : null,
        hash: i % 20 === 0 ? 'hash ' + i : hex(i),
        status: ['finished', 'failed', 'pending'][i % 3],
        retries: i % 4,
        description: 'event ' + i + ' kůň "quoted"\\n',
        summary: { number: i, text: 'x'.repeat(100) },
        payload: { text: 'y'.repeat(100) },
        createdAt: time(i),
        updatedAt: time(i + 1),
      }) + '\\n';
    }
    return text;
  };
  window.text = (events) => new Response(events.export()).text();
  window.ready = true;
</script>`;
