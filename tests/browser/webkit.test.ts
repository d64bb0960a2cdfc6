import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type HubProcess, KEYS, startHub, temporaryFolder } from '../edge/hub-process.ts';
import { serveStatic } from './launch.ts';
import { LOCAL_PAGE, type LocalWindow } from './local-page.ts';
import { launchWebKit, type WebKitPage } from './webkit.ts';

declare const window: LocalWindow;

const WAIT = { timeout: 30_000 };
const data = temporaryFolder();
let page: WebKitPage;
let hub: HubProcess;

beforeAll(async () => {
  hub = await startHub(data.path);
  page = await launchWebKit();
}, 60_000);
afterAll(async () => {
  await page.close();
  await hub.stop();
  data.remove();
});

describe('in WebKitGTK', () => {
  test('events are stored, changed, queried, told, and there after a reload', async () => {
    const server = await serveStatic({ '/': LOCAL_PAGE });
    await page.goto(server.url);
    const ready = () => page.evaluate(() => window.ready);
    await expect.poll(ready, WAIT).toBe(true);
    expect(await page.evaluate(() => window.failure ?? null)).toBeNull();
    const seen = await page.evaluate(async () => {
      const { events } = window;
      let told = (_status: string) => {};
      const atWork = new Promise<string>((resolve) => {
        told = (status) => status === 'in_progress' && resolve(status);
      });
      const stop = events.live({}, (rows) => told(rows.events[0]?.status ?? ''));
      const { id } = await events.dispatch({
        topic: 'demo.webkit',
        finished: false,
        payload: { a: 1 },
      });
      await events.update(id, { status: 'in_progress' }, { durability: 'strict' });
      const status = await atWork;
      stop();
      return { status, storage: events.status.storage, id };
    });
    expect(seen).toMatchObject({ status: 'in_progress', storage: 'durable' });
    await page.goto(`${server.url}?again`);
    await expect.poll(ready, WAIT).toBe(true);
    const event = await page.evaluate((id) => window.events.get(id), seen.id);
    expect(event).toMatchObject({ topic: 'demo.webkit', payload: { a: 1 }, status: 'in_progress' });
    server.close();
  });

  test('the viewer follows a hub: what is dispatched there is painted', async () => {
    await page.goto(hub.link);
    const state = () =>
      page.evaluate(() => {
        const root = document.querySelector('cuesheet-viewer')?.shadowRoot;
        return root?.querySelector('[data-connection]')?.getAttribute('data-connection') ?? null;
      });
    await expect.poll(state, WAIT).toBe('live');
    const body = { topic: 'publish.shot', description: 'painted by WebKit' };
    await call(hub, 'POST', '/api/events', { key: KEYS.service, body });
    const rows = () =>
      page.evaluate(() =>
        [
          ...(document
            .querySelector('cuesheet-viewer')
            ?.shadowRoot?.querySelectorAll('[data-id]') ?? []),
        ].map((row) => row.textContent),
      );
    await expect.poll(rows, WAIT).toEqual([expect.stringContaining('painted by WebKit')]);
  });
});
