import { expect, test } from 'vitest';
import { conformance, expectInvalid } from './suite.ts';

conformance('filter', (hub) => {
  const query = (filter: unknown) => hub.adm.post('/api/query', { entity: 'event', filter });

  /** Dispatches one event for each name; the answer says which of them a condition matches. */
  const among = async (events: Record<string, object>) => {
    const topic = hub.topic('filter');
    for (const [name, fields] of Object.entries(events)) {
      await hub.mgr.dispatch({ topic, hash: `${topic}/${name}`, ...fields });
    }
    const matching = async (filter: object) => {
      const reply = await query({
        conditions: [{ key: 'topic', operator: 'eq', value: topic }, filter],
      });
      expect(reply.status).toBe(200);
      const hashes = reply.body.map(({ hash }: { hash: string }) => hash.split('/')[1]);
      return hashes.reverse() as string[];
    };
    const where = (key: string, operator: string, value?: unknown) =>
      matching({ key, operator, value });
    return { topic, matching, where };
  };

  test('57 · operators are read in any case, with - and _', async () => {
    const { where } = await among({ one: { summary: { tags: ['a'] } }, two: {} });
    for (const operator of ['includesany', 'INCLUDESANY', 'includes_any', 'Includes-Any']) {
      expect(await where('summary/tags', operator, ['a'])).toEqual(['one']);
    }
    for (const operator of ['NotNull', 'not_null', 'NOT-NULL']) {
      expect(await where('summary/tags', operator)).toEqual(['one']);
    }
  });

  test('58 · ne and notin do not match null columns', async () => {
    const { where } = await among({ none: {}, demo: { project: 'demo' }, b: { project: 'b' } });
    expect(await where('project', 'ne', 'demo')).toEqual(['b']);
    expect(await where('project', 'notin', ['demo'])).toEqual(['b']);
    expect(await where('project', 'isnull')).toEqual(['none']);
  });

  test('59 · a missing key: ne no, isnull yes, excludes yes, eq false yes, excludesall no', async () => {
    const { where } = await among({ missing: {} });
    expect(await where('summary/x', 'ne', 1)).toEqual([]);
    expect(await where('summary/x', 'isnull')).toEqual(['missing']);
    expect(await where('summary/x', 'excludes', 1)).toEqual(['missing']);
    expect(await where('summary/x', 'eq', false)).toEqual(['missing']);
    expect(await where('summary/x', 'excludesall', [1])).toEqual([]);
    expect(await where('summary/x', 'eq', true)).toEqual([]);
  });

  test('60 · a JSON null is there: isnull no, ne yes, less than a number yes', async () => {
    const { where } = await among({ null: { summary: { x: null } } });
    expect(await where('summary/x', 'isnull')).toEqual([]);
    expect(await where('summary/x', 'notnull')).toEqual(['null']);
    expect(await where('summary/x', 'ne', 1)).toEqual(['null']);
    expect(await where('summary/x', 'lt', 1)).toEqual(['null']);
  });

  test('61 · 1 equals 1.0 in JSON, "1" does not equal 1', async () => {
    const { where } = await among({
      whole: { summary: { x: 1 } },
      float: { summary: { x: 1.5 } },
      text: { summary: { x: '1' } },
    });
    expect(await where('summary/x', 'eq', 1)).toEqual(['whole']);
    expect(await where('summary.x', 'eq', 1.5)).toEqual(['float']);
    expect(await where('summary/x', 'eq', '1')).toEqual(['text']);
    // JSON text of a number with a fraction that is zero
    const filter = '{"entity":"event","filter":{"conditions":[{"key":"summary/x","value":1.0}]}}';
    expect((await hub.adm.post('/api/query', filter)).body).toHaveLength(1);
    await hub.mgr.post('/api/events', '{"topic":"filter.float","summary":{"x":1.0}}');
    expect((await hub.adm.post('/api/query', filter)).body).toHaveLength(2);
  });

  test('62 · like minds no case and knows %, _ and \\; eq minds the case', async () => {
    const { topic, where } = await among({
      under: { description: 'Worker_02' },
      hyphen: { description: 'worker-02' },
      other: { description: 'a worker-02' },
    });
    expect(await where('description', 'like', 'WORKER_02')).toEqual(['under', 'hyphen']);
    expect(await where('description', 'like', 'worker\\_02')).toEqual(['under']);
    expect(await where('description', 'like', '%-02')).toEqual(['hyphen', 'other']);
    expect(await where('description', 'like', 'worker')).toEqual([]);
    expect(await where('description', 'eq', 'worker_02')).toEqual([]);
    expect(await where('topic', 'like', topic.toUpperCase())).toHaveLength(3);
    expect(await where('topic', 'eq', topic.toUpperCase())).toEqual([]);
  });

  test('63 · dependsOn takes plain hex and hyphens, in lists as well', async () => {
    const parent = await hub.mgr.dispatch({ topic: hub.topic('parent') });
    const hyphens = parent.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
    const { where } = await among({ child: { dependsOn: parent }, alone: {} });
    for (const id of [parent, hyphens]) {
      expect(await where('depends_on', 'eq', id)).toEqual(['child']);
      expect(await where('dependsOn', 'in', [id])).toEqual(['child']);
    }
    expect(await where('dependsOn', 'notin', [parent])).toEqual([]);
  });

  test('64 · an unknown operator or column and a bare summary are 400, with the part named', async () => {
    const broken: [object, RegExp][] = [
      [{ key: 'topic', operator: 'unlike', value: 'x' }, /conditions\[0\].*operator/],
      [{ key: 'nothing', operator: 'eq', value: 'x' }, /conditions\[0\].*key.*nothing/],
      [{ key: 'summary', operator: 'eq', value: 'x' }, /conditions\[0\].*summary/],
      [{ key: 'topic', operator: 'in', value: 'x' }, /conditions\[0\].*value/],
    ];
    for (const [condition, message] of broken) {
      for (const [path, more] of [
        ['/api/query', { entity: 'event' }],
        ['/api/eventops', { type: 'delete' }],
      ] as const) {
        const reply = await hub.adm.post(path, { ...more, filter: { conditions: [condition] } });
        expectInvalid(reply, ['body', 'filter']);
        expect(reply.body.errors[0].msg).toMatch(message);
      }
    }
  });

  test('65 · groups nest, empty ones vanish; null or true matches, null and true does not', async () => {
    const { matching } = await among({
      a: { project: 'p', summary: { x: 1 } },
      b: { summary: { x: 1 } },
      c: { project: 'p' },
    });
    const inProject = { key: 'project', operator: 'eq', value: 'p' };
    const notOther = { key: 'project', operator: 'ne', value: 'other' }; // null for b
    const one = { key: 'summary/x', operator: 'eq', value: 1 }; // null for c
    const group = (operator: string, ...conditions: object[]) => ({ operator, conditions });
    expect(await matching(group('and', inProject, one))).toEqual(['a']);
    expect(await matching(group('OR', inProject, one))).toEqual(['a', 'b', 'c']);
    expect(await matching(group('and', notOther, one))).toEqual(['a']);
    expect(await matching(group('or', notOther, one))).toEqual(['a', 'b', 'c']);
    expect(await matching(group('and', group('or'), group('and', group('or')), one))).toEqual([
      'a',
      'b',
    ]);
    const nested = group('or', group('and', inProject, one), group('and', { ...one, value: 2 }));
    expect(await matching(nested)).toEqual(['a']);
    expect(await matching(group('and'))).toEqual(['a', 'b', 'c']);
  });
});
