/** A page without a server: tests drive `window.events` on it. */
export const LOCAL_PAGE = `<!doctype html><meta charset="utf-8"><title>local</title>
<script type="module">
  import * as cuesheet from '/index.js';
  window.cuesheet = cuesheet;
  try {
    window.events = await cuesheet.openEvents({ name: 'test', user: 'tester' });
  } catch (error) {
    window.failure = error.code + ': ' + error.message;
  }
  window.ready = true;
</script>`;

/** What tests see of `window` on that page. */
export interface LocalWindow {
  cuesheet: typeof import('../../web/client/index.ts');
  events: import('../../web/client/index.ts').Events;
  failure?: string;
  ready: boolean;
  seen: string[][];
}
