/**
 * A page that writes as fast as it can when its address names a `tab`, and posts what was acknowledged:
 * lines of MARKER UPDATES, or `! error`. `dedicated` in the address: without SharedWorker.
 */
export const CRASH_PAGE = `<!doctype html><meta charset="utf-8"><title>crash</title>
<script type="module">
  const CHAINS = 8;
  const UPDATES = 3;
  const address = new URLSearchParams(location.search);
  if (address.has('dedicated')) window.SharedWorker = undefined;
  const { openEvents } = await import('/index.js');
  const lines = [];

  async function report() {
    for (;;) {
      if (lines.length > 0) {
        await fetch('/', { method: 'POST', body: lines.splice(0).join('\\n') }).catch(() => {});
      } else {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
  }

  /** A store in memory promises nothing; ending up in memory is an error of the run. */
  function acknowledge(marker, updates) {
    const { storage, message } = events.status;
    lines.push(storage === 'durable' ? marker + ' ' + updates : '! ' + marker + ': ' + message);
  }

  async function write(marker) {
    const { id } = await events.dispatch({
      topic: 'crash.load',
      finished: false,
      summary: { marker },
      payload: { text: 'x'.repeat(200) },
    });
    acknowledge(marker, 0);
    for (let update = 1; update <= UPDATES; update++) {
      await events.update(id, { status: 'in_progress', description: String(update) });
      acknowledge(marker, update);
    }
  }

  async function chain(name) {
    for (let number = 0; ; number++) {
      try {
        await write(name + '-' + number);
      } catch (error) {
        if (error.code === 'owner_lost') window.lost++;
        else lines.push('! ' + name + ': ' + error.code + ': ' + error.message);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  window.lost = 0;
  window.stored = async () => {
    const text = await new Response(events.export()).text();
    const rows = text.split('\\n').filter((line) => line !== '').map((line) => JSON.parse(line));
    return rows.map((row) => row.summary.marker + ' ' + (row.description || '0'));
  };
  window.problems = async () => {
    const { message } = events.status;
    if (message !== null) return [message];
    try {
      return (await events.verify()).problems.map((p) => p.file + ': ' + p.message);
    } catch (error) {
      if (error.message.startsWith('no method has the number')) return []; // a core that has no verify()
      throw error;
    }
  };
  try {
    window.events = await openEvents({ name: 'crash', user: 'tester' });
    window.ready = true;
    const tab = address.get('tab');
    if (tab !== null) {
      void report();
      for (let number = 0; number < CHAINS; number++) void chain(tab + '.' + number);
    }
  } catch (error) {
    window.failure = error.code + ': ' + error.message;
    window.ready = true;
  }
</script>`;

/** What the harness sees of `window` on that page. */
export interface CrashWindow {
  events: import('../../web/client/index.ts').Events;
  ready: boolean;
  failure?: string;
  /** Writes that ended with `owner_lost`. */
  lost: number;
  /** `marker updates` of every event. */
  stored(): Promise<string[]>;
  /** What verify() finds. */
  problems(): Promise<string[]>;
}
