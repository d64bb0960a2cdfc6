import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { listen } from './listener.ts';
import { conformance, expectRefused } from './suite.ts';

const run = promisify(execFile);
const CONNECT = `
import sys, ayon_api
con = ayon_api.ServerAPI(sys.argv[1], sys.argv[2])
print(con.is_service_user(), con.get_server_version())
`;

conformance('auth', (hub) => {
  const login = (password: unknown, name: unknown = 'adm') =>
    hub.anonymous('POST', '/api/auth/login', { name, password });
  const session = async () => (await login('correct horse')).body.token as string;
  const me = (headers: Record<string, string>, query = '') =>
    hub.anonymous('GET', `/api/users/me${query}`, undefined, headers);

  test('89 · the Python client connects with a service key and with a session token', async () => {
    const connect = async (key: string) => {
      const python = '.toolchain/venv/bin/python';
      const { stdout } = await run(python, ['-c', CONNECT, hub.hub.url, key], { timeout: 60_000 });
      return stdout.trim();
    };
    expect(await connect(hub.svc.key)).toMatch(/^True \d+\.\d+\.\d+/);
    expect(await connect(await session())).toMatch(/^False \d+\.\d+\.\d+/);
    const info = await hub.anonymous('GET', '/api/info');
    expect(info.body.version).toMatch(/^\d+\.\d+\.\d+([-+].+)?$/);
  });

  test('90 · a Bearer token has 64 characters; keys and tokens come in each of their ways', async () => {
    const token = await session();
    for (const wrong of [token.slice(1), `${token}0`, 'x', hub.svc.key]) {
      const missing = await me({ authorization: `Bearer ${wrong}` });
      expectRefused(missing, 401, 'Access token is missing');
    }
    const unknown = await me({ authorization: `Bearer ${'0'.repeat(64)}` });
    expectRefused(unknown, 401, 'Invalid session');
    expectRefused(await me({ 'x-api-key': 'wrong' }), 401, 'Invalid API key');
    const name = async (headers: Record<string, string>, query?: string) =>
      (await me(headers, query)).body.name;
    expect(await name({ 'x-api-key': hub.svc.key })).toBe('svc');
    expect(await name({ authorization: `ApiKey ${hub.svc.key}` })).toBe('svc');
    expect(await name({ authorization: `Bearer ${token}` })).toBe('adm');
    expect(await name({ cookie: `a=b; accessToken=${token}` })).toBe('adm');
    expect(await name({}, `?token=${token}`)).toBe('adm');
    expect(await name({ 'x-api-key': hub.svc.key, authorization: `Bearer ${token}` })).toBe('svc');
  });

  test('91 · X-as-user gives a service the name and the rights of another, nobody else', async () => {
    const as = { 'x-as-user': 'usr' };
    const event = { topic: hub.topic('as') };
    expect((await hub.svc.get('/api/users/me', as)).body.name).toBe('usr');
    const dispatch = await hub.svc.post('/api/events', event, as);
    expectRefused(dispatch, 403, 'Not allowed to update this event');
    const jobs = { sourceTopic: 'a.b', targetTopic: 'a.c' };
    const enroll = await hub.svc.post('/api/enroll', jobs, as);
    expectRefused(enroll, 403, 'Only services can enroll for jobs');
    const id = await hub.svc.dispatch(event, { 'x-as-user': 'mgr' });
    expect((await hub.mgr.read(id)).user).toBe('mgr');
    expect((await hub.svc.get('/api/users/me', { 'x-as-user': 'nobody' })).status).toBe(404);
    for (const client of [hub.adm, hub.mgr]) {
      const { body } = await client.get('/api/users/me', { 'x-as-user': 'svc' });
      expect(body.data.isService).toBeUndefined();
    }
    expect((await hub.adm.post('/api/events', event, as)).status).toBe(200);
  });

  test('92 · a login answers a token of 64 characters, a wrong password 403; logout ends it', async () => {
    const wrong = 'Invalid login/password combination';
    expectRefused(await login('wrong'), 403, wrong);
    expectRefused(await login('correct horse', 'nobody'), 403, wrong);
    expectRefused(await login('', 'svc'), 403, wrong);
    const { status, body } = await login('correct horse', ' adm ');
    expect(status).toBe(200);
    expect(body).toEqual({
      detail: 'Logged in as adm',
      error: null,
      token: expect.stringMatching(/^[0-9a-f]{64}$/),
      user: { name: 'adm', attrib: {}, data: { isAdmin: true }, active: true },
      redirectUrl: null,
    });
    expect((await login('correct horse', 'ADM')).body.detail).toBe('Logged in as adm');
    expectRefused(await login('correct horse', 'ad_'), 403, wrong);
    const headers = { authorization: `Bearer ${body.token}` };
    expect((await me(headers)).status).toBe(200);
    const topic = hub.topic('session');
    const listener = await listen(hub.hub.url, body.token, hub.svc, [topic]);
    const id = await hub.svc.dispatch({ topic });
    await listener.settle();
    expect(listener.messages).toMatchObject([{ id, topic }]);
    listener.close();
    const logout = await hub.anonymous('POST', '/api/auth/logout', undefined, headers);
    expect(logout.body).toEqual({ detail: 'Logged out' });
    expectRefused(await me(headers), 401, 'Invalid session');
  });
});
