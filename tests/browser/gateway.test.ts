// A page whose requests something else answers: a sign-on gateway, a firewall, a portal.
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { call, type HubProcess, KEYS, temporaryFolder } from '../edge/hub-process.ts';
import { type Gateway, type GatewayAnswer, startGateway } from './gateway.ts';
import { type HubWindow, openPage, servePages, startHubFor, WAIT } from './hub-page.ts';
import { killBrowser, launchChromium, type StaticServer } from './launch.ts';

declare const window: HubWindow & { settled: Promise<unknown> };

const TEST_MS = 120_000;

const data = temporaryFolder();
const profile = temporaryFolder();
let server: StaticServer;
let hub: HubProcess;
let gateway: Gateway;
let browser: BrowserContext;

beforeAll(async () => {
  server = await servePages();
  hub = await startHubFor(server, data.path);
  gateway = await startGateway(hub.url);
  browser = await launchChromium(profile.path);
});
afterEach(() => gateway.answerWith(null));
afterAll(async () => {
  gateway.close();
  await hub.stop();
  server.close();
  killBrowser(profile.path);
  data.remove();
  profile.remove();
});

/** Each test has a database of its own, by its user. */
const open = (user: string) =>
  openPage(browser, server, { ...hub, url: gateway.url }, KEYS.admin, user);
const status = (page: Page) => page.evaluate(() => window.events.status);
const isLive = (page: Page) =>
  expect.poll(async () => (await status(page)).connection, WAIT).toBe('live');
const dispatch = async (description: string): Promise<string> => {
  const body = { topic: 'gate.note', description };
  return (await call(hub, 'POST', '/api/events', { key: KEYS.service, body })).body.id;
};
const onHub = async (): Promise<Record<string, string>> => {
  const query =
    '{ events(last: 100, topics: ["gate.note"]) { edges { node { id description } } } }';
  const { body } = await call(hub, 'POST', '/graphql', { key: KEYS.admin, body: { query } });
  const nodes = body.data.events.edges.map(({ node }: { node: object }) => node);
  return Object.fromEntries(
    nodes.map(({ id, description }: { id: string; description: string }) => [id, description]),
  );
};

const SIGN_IN: [string, GatewayAnswer][] = [
  ['its page with 200', { status: 200 }],
  ['a redirect to its page', { status: 302, headers: { location: '/sign-in' } }],
  [
    'JSON of its own',
    { status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":true}' },
  ],
  ['its page with 401', { status: 401 }],
  ['its page with 403', { status: 403 }],
  ['its page with 404', { status: 404 }],
];

test.each(SIGN_IN)(
  'a gateway that answers writes with %s takes none of them away',
  async (name, answer) => {
    const [a, b] = [await dispatch(`a ${name}`), await dispatch(`b ${name}`)];
    const page = await open(`user ${name}`.replaceAll(' ', '-'));
    await isLive(page);
    await expect.poll(() => page.evaluate((id) => window.events.get(id), b), WAIT).not.toBeNull();
    gateway.answerWith(answer);
    await page.evaluate(
      ([first, second, text]) => {
        const { events } = window;
        window.settled = Promise.allSettled([
          events.update(first as string, { description: `edited ${text}` }),
          events.dispatch({ topic: 'gate.note', description: `c ${text}` }),
          events.remove(second as string),
        ]);
      },
      [a, b, name],
    );
    const expected = expect.poll(async () => (await status(page)).intercepted, WAIT);
    await expected.toMatch(new RegExp(`^HTTP ${answer.status}`));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const waiting = await status(page);
    expect(waiting.queuedWrites).toBe(3);
    expect(waiting.refusedWrites).toBe(0);
    expect((await onHub())[a]).toBe(`a ${name}`);

    gateway.answerWith(null);
    await expect.poll(async () => (await status(page)).queuedWrites, WAIT).toBe(0);
    await expect.poll(async () => (await status(page)).intercepted, WAIT).toBeNull();
    const there = await onHub();
    expect(there[a]).toBe(`edited ${name}`);
    expect(there[b]).toBeUndefined();
    expect(Object.values(there)).toContain(`c ${name}`);
    const outcomes = (await page.evaluate(() => window.settled)) as { status: string }[];
    expect(outcomes.map((outcome) => outcome.status)).toEqual(Array(3).fill('fulfilled'));
    await page.close();
  },
  TEST_MS,
);

test.each([403, 500, 502])(
  'a firewall that answers one write of four with %i blocks that one, and the others arrive',
  async (answered) => {
    const page = await open(`walled-${answered}`);
    await isLive(page);
    gateway.answerWith({ status: answered, body: 'blocked', where: 'forbidden-phrase' });
    const began = Date.now();
    await page.evaluate(async (number) => {
      const notes = ['one', 'two forbidden-phrase', 'three', 'four'];
      await Promise.all(
        notes.map((note) =>
          window.events.dispatch({ topic: 'gate.note', description: `${note} ${number}` }),
        ),
      );
    }, answered);
    await expect.poll(async () => (await status(page)).blockedWrites, WAIT).toBe(1);
    await expect.poll(async () => (await status(page)).queuedWrites, WAIT).toBe(0);
    expect(Date.now() - began).toBeLessThan(20_000);
    const there = Object.values(await onHub());
    for (const note of ['one', 'three', 'four']) expect(there).toContain(`${note} ${answered}`);
    const [write] = await page.evaluate(() => window.events.outbox.list());
    expect(write?.state).toBe('blocked');
    expect(write?.detail).toContain(`HTTP ${answered}, text/html`);
    expect((await status(page)).intercepted).toBeNull();

    gateway.answerWith(null);
    await page.evaluate((number) => window.events.outbox.retry(number), write?.number ?? 0);
    await expect.poll(async () => (await status(page)).blockedWrites, WAIT).toBe(0);
    expect(Object.values(await onHub())).toContain(`two forbidden-phrase ${answered}`);
    await page.close();
  },
  TEST_MS,
);

test(
  'what is asked of the server itself rejects with a sentence when something else answers',
  async () => {
    const id = await dispatch('asked');
    const page = await open('asking');
    await isLive(page);
    await expect
      .poll(() => page.evaluate((one) => window.events.get(one), id), WAIT)
      .not.toBeNull();
    gateway.answerWith({ status: 200 });
    const enroll = await page.evaluate(async () => {
      const request = { sourceTopic: 'gate.note', targetTopic: 'gate.check', sender: 'node-7' };
      return window.events.enroll(request).catch(({ code, message }) => ({ code, message }));
    });
    expect(enroll).toMatchObject({ code: 'offline' });
    expect((enroll as { message: string }).message).toMatch(
      /something else than the server answers at http.*\(HTTP 200, text\/html\)/,
    );
    const shown = await page.evaluate((one) => window.events.get(one), id);
    expect(shown).toMatchObject({ description: 'asked' });
    await page.close();
  },
  TEST_MS,
);
