import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parsePage } from '../../web/client/page-reader.ts';
import { SCHEMAS } from '../../worker/edge/openapi/schemas.ts';

/** The core's table of the fields of an event, which the TypeScript sides repeat as types and schemas. */
const FIELDS = [
  ...readFileSync('core/event/event.h', 'utf8').matchAll(
    /\{Field::\w+, "(\w+)", "(\w+)", FieldType::k(\w+), k(\w+)Body\}/g,
  ),
].map(([, name = '', column = '', type = '', writer = '']) => ({ name, column, type, writer }));

/** JSON shows the creation order as a cursor only. */
const SHOWN = FIELDS.filter(({ type }) => type !== 'Order');
const namesOf = (fields: typeof FIELDS) => fields.map(({ name }) => name);
const membersOf = (schema: string) => Object.keys(SCHEMAS[schema]?.properties ?? {});

describe('the fields of an event', () => {
  test('are those of the core in the description of a hub', () => {
    expect(FIELDS).toHaveLength(16);
    expect(membersOf('Event')).toEqual(namesOf(SHOWN));
    const queried = membersOf('QueriedEvent').filter((name) => name !== 'payload_error');
    expect(queried).toEqual(SHOWN.map(({ column }) => column));
  });

  test('are those of the core in GraphQL, which has no type of the sender', () => {
    const source = readFileSync('worker/edge/graphql.ts', 'utf8');
    const node = /type EventNode \{(.*?)\}/s.exec(source)?.[1] ?? '';
    const fields = [...node.matchAll(/(\w+): /g)].map(([, name]) => name);
    const expected = namesOf(SHOWN).filter((name) => name !== 'senderType');
    expect(fields).toEqual([...expected, 'data']);
  });

  test.each([
    ['Dispatch', ['finished', 'store', 'reuse', 'recipients']],
    ['Update', ['progress']],
  ])('that a body of %s may write are those of the core, besides %s', (schema, others) => {
    const written = FIELDS.filter(({ writer }) => writer === schema || writer === 'Each');
    expect(membersOf(schema).sort()).toEqual([...namesOf(written), ...others].sort());
  });

  test('that a filter may compare are those of the core, and below two of them there are paths', () => {
    const schemas = JSON.stringify(SCHEMAS);
    const keys = [...schemas.matchAll(/"key":\{"type":"string","enum":(\[.*?\])/g)].flatMap(
      ([, list = '']) => JSON.parse(list) as string[],
    );
    const compared = FIELDS.filter(({ type }) => type !== 'Object');
    expect([...new Set(keys)].sort()).toEqual(namesOf(compared).sort());
    const objects = FIELDS.filter(({ type }) => type === 'Object');
    expect(schemas).toContain(`^(${namesOf(objects).join('|')})(`);
  });

  test('have the places of their cells on a page, as the documentation lists them', () => {
    const names = [
      ...namesOf(SHOWN.filter(({ name }) => name !== 'payload')),
      'cursor',
      'progress',
    ];
    const cells = names.map((_, place) => place);
    const page = JSON.stringify({ events: [cells], pageInfo: {} });
    const [row] = parsePage(new TextEncoder().encode(page)).events;
    expect(row).toEqual(Object.fromEntries(names.map((name, place) => [name, place])));
    const docs = readFileSync('docs/border.md', 'utf8');
    const listed = /the values of `row` in the order `([^`]+)`/.exec(docs)?.[1];
    expect(listed?.split(/\s+/)).toEqual(names);
  });
});
