import { expect, test } from 'vitest';
import { createCredentials } from '../../worker/edge/credentials.ts';
import { parseUsers } from '../../worker/edge/users.ts';

const HOUR_MS = 3600 * 1000;
const USERS = [
  { name: 'svc', apiKey: 'key', data: { isService: true } },
  { name: 'adm', password: 'secret', data: { isAdmin: true } },
];

async function setUp() {
  const clock = { now: 1_000_000 };
  const stored: { text: string | null; full: boolean } = { text: null, full: false };
  const storage = {
    load: () => stored.text,
    save: (text: string) => {
      if (stored.full) throw new Error('no space left');
      stored.text = text;
    },
  };
  const records = await parseUsers(JSON.stringify(USERS));
  const open = () => createCredentials(records, storage, () => clock.now);
  return { clock, stored, records, open, credentials: open() };
}

const request = (headers: Record<string, string>, query = '') =>
  new Request(`http://hub/${query}`, { headers });

test('a session lasts 72 hours after its last use, also over a restart and a full disk', async () => {
  const { clock, stored, open, credentials, records } = await setUp();
  const token = await credentials.createSession(records[1] as never);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(stored.text).not.toContain(token);
  clock.now += 71 * HOUR_MS;
  expect((await credentials.byToken(token))?.name).toBe('adm');
  clock.now += 71 * HOUR_MS;
  const restarted = open();
  expect((await restarted.byToken(token))?.name).toBe('adm');
  stored.full = true;
  clock.now += 2 * HOUR_MS;
  expect((await restarted.byToken(token))?.name).toBe('adm');
  clock.now += 73 * HOUR_MS;
  expect(await restarted.byToken(token)).toBeNull();
});

test('a session that has ended is forgotten when another begins, and one that is signed out at once', async () => {
  const { clock, stored, credentials, records } = await setUp();
  const kept = () => Object.keys(JSON.parse(stored.text ?? '{}')).length;
  await credentials.createSession(records[1] as never);
  clock.now += 73 * HOUR_MS;
  const token = await credentials.createSession(records[1] as never);
  expect(kept()).toBe(1);
  await credentials.endSession(token);
  expect(kept()).toBe(0);
  expect(await credentials.byToken(token)).toBeNull();
  await credentials.endSession(token); // once more harms nothing
});

test('a sessions file that cannot be read costs a login, not the start', async () => {
  const { stored, open } = await setUp();
  for (const text of ['', 'junk', 'null', '[1]', '{"a":null}', '{"a":{"user":1}}']) {
    stored.text = text;
    expect(await open().byToken('0'.repeat(64))).toBeNull();
  }
});

test('an API key opens a socket only within ten minutes of its last request', async () => {
  const { clock, credentials } = await setUp();
  expect(await credentials.byToken('key')).toBeNull();
  await credentials.identify(request({ 'x-api-key': 'key' }));
  clock.now += 599_000;
  expect((await credentials.byToken('key'))?.name).toBe('svc');
  clock.now += 2_000;
  expect(await credentials.byToken('key')).toBeNull();
});

test('credentials count in AYON’s order', async () => {
  const { credentials, records } = await setUp();
  const token = await credentials.createSession(records[1] as never);
  const junk = 'f'.repeat(64);
  const who = async (headers: Record<string, string>, query = '') => {
    const identity = await credentials.identify(request(headers, query));
    return identity.user?.name ?? (identity as { denied: string }).denied;
  };
  expect(await who({})).toBe('Access token is missing');
  expect(await who({ 'x-api-key': 'wrong', authorization: `Bearer ${token}` })).toBe(
    'Invalid API key',
  );
  expect(await who({ authorization: 'ApiKey key' })).toBe('svc');
  expect(await who({ cookie: `a=b; accessToken=${token}`, authorization: `Bearer ${junk}` })).toBe(
    'adm',
  );
  expect(await who({ authorization: `Bearer ${junk}` }, `?token=${token}`)).toBe('Invalid session');
  expect(await who({ authorization: 'Bearer key' }, `?token=${token}`)).toBe('adm');
  expect(await who({ authorization: 'Bearer key' })).toBe('Access token is missing');
  expect(await credentials.login(' adm ', 'secret')).not.toBeNull();
  expect(await credentials.login('ad%', 'secret')).toBeNull();
  expect(await credentials.login('svc', '')).toBeNull();
});

test.each([
  ['{', /not valid JSON/],
  ['{}', /expected a list of users/],
  ['[{"name":"a"},5]', /user 2: not an object/],
  ['[{"apiKey":"k"}]', /user 1, name: missing/],
  ['[{"name":"a","apiKey":""}]', /user 1, apiKey: expected a string that is not empty/],
  ['[{"name":"a","data":5}]', /user 1, data: expected an object/],
  ['[{"name":"a","data":{"isAdmin":"yes"}}]', /user 1, data.isAdmin: expected true or false/],
  [
    '[{"name":"a","data":{"accessGroups":["demo"]}}]',
    /user 1, data.accessGroups: expected an object/,
  ],
  ['[{"name":"a"},{"name":"a"}]', /two users are called 'a'/],
  [
    '[{"name":"a","apiKey":"k"},{"name":"b","apiKey":"k"}]',
    /user 2, apiKey: another user has the same/,
  ],
])('the users %s are refused with the place of the mistake', async (text, message) => {
  await expect(parseUsers(text)).rejects.toThrow(message);
});
