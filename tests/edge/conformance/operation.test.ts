import { expect, test } from 'vitest';
import { conformance } from './suite.ts';

conformance('health and metrics', (hub) => {
  test('a hub that saves is healthy, and says so to everybody', async () => {
    const { status, body } = await hub.anonymous('GET', '/healthz');
    expect([status, body]).toEqual([200, { status: 'ok' }]);
  });

  test('metrics count events, answers by route and waits for commits, for admins and services', async () => {
    const id = await hub.mgr.dispatch({ topic: hub.topic('metrics') });
    await hub.mgr.read(id);
    expect((await hub.mgr.get(`/api/events/${'0'.repeat(32)}`)).status).toBe(404);
    const response = await fetch(`${hub.hub.url}/metrics`, {
      headers: { 'x-api-key': hub.adm.key },
    });
    const text = await response.text();
    const value = (name: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')
          .at(-1),
      );
    expect(value('cuesheet_events')).toBe(1);
    expect(value('cuesheet_sockets')).toBe(0);
    expect(value('cuesheet_socket_unsent_bytes')).toBe(0);
    const read = 'method="GET",route="/api/events/:id"';
    expect(value(`cuesheet_requests_total{${read},status="200"}`)).toBe(1);
    expect(value(`cuesheet_requests_total{${read},status="404"}`)).toBe(1);
    expect(value(`cuesheet_request_seconds_bucket{${read},le="+Inf"}`)).toBe(2);
    expect(value(`cuesheet_request_seconds_count{${read}}`)).toBe(2);
    expect(value('cuesheet_commit_wait_seconds_count')).toBeGreaterThan(0);
    expect(text).not.toContain(id);
    expect((await hub.mgr.get('/metrics')).status).toBe(403);
  });
});
