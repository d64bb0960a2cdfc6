/** The page that scripts/bench-sync.mjs measures. It shows what it has painted. */
export const PAGE = `<!doctype html><meta charset="utf-8"><title>sync</title><ol id="rows"></ol>
<script type="module">
  import { openEvents } from '/index.js';
  const [server, token, name, topic] = decodeURIComponent(location.hash.slice(1)).split(' ');
  const at = () => performance.timeOrigin + performance.now();
  const marks = { firstPage: null, states: [], painted: [] };
  window.marks = marks;
  const events = await openEvents({ server, token, user: 'adm', name });
  window.events = events;
  events.onStatus((status) => {
    const last = marks.states.at(-1);
    const now = [status.connection, status.events, status.queuedWrites, status.saving].join(' ');
    if (last?.now !== now) marks.states.push({ at: at(), now, ...status });
  });
  const rows = document.querySelector('#rows');
  const seen = new Set();
  events.live(topic ? { last: 100, topics: [topic] } : { last: 100 }, (page) => {
    rows.replaceChildren(...page.events.map(({ topic, description }) => {
      const row = document.createElement('li');
      row.textContent = topic + ' ' + description;
      return row;
    }));
    const fresh = page.events.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    // Behind the next frame: what was put into the page is painted.
    requestAnimationFrame(() => setTimeout(() => {
      if (page.events.length > 0) marks.firstPage ??= performance.now();
      for (const { description } of fresh) marks.painted.push({ description, at: at() });
    }));
  });
  window.ready = true;
</script>`;
