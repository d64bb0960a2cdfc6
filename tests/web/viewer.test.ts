import { describe, expect, test } from 'vitest';
import type { EventChanges, Events } from '../../web/client/index.ts';
import { Actions, MOST_ACTIONS } from '../../web/viewer/actions.ts';
import { EMPTY_FILTER, justAfter, toQuery } from '../../web/viewer/filter.ts';
import {
  layOut,
  MAX_HEIGHT_PX,
  revealTop,
  rowsTop,
  scrollTopOf,
  visibleRows,
} from '../../web/viewer/geometry.ts';
import { RowSlots } from '../../web/viewer/table.ts';
import { readUrlState, writeUrlState } from '../../web/viewer/url-state.ts';
import { themeStyles } from '../../web/viewer/theme.ts';
import { createWords } from '../../web/viewer/words.ts';

describe('the place of rows', () => {
  const small = layOut(1000, 30, 600);
  const large = layOut(1_000_000, 30, 600);

  test('a million rows are lower than what browsers can do, and each can be reached', () => {
    expect(large.height).toBe(MAX_HEIGHT_PX);
    expect(visibleRows(large, 0)).toEqual({ first: 0, end: 20 });
    expect(visibleRows(large, MAX_HEIGHT_PX - 600)).toEqual({ first: 999_980, end: 1_000_000 });
    for (const index of [0, 1, 499_999, 654_321, 999_980]) {
      expect(visibleRows(large, scrollTopOf(large, index * 30 + 0.01)).first).toBe(index);
    }
  });

  test('without scaling a pixel is a pixel', () => {
    expect(rowsTop(small, 1234)).toBe(1234);
    expect(scrollTopOf(small, 1234)).toBe(1234);
    expect(rowsTop(small, 1e9)).toBe(1000 * 30 - 600);
    expect(visibleRows(layOut(3, 30, 600), 50)).toEqual({ first: 0, end: 3 });
  });

  test('a row is brought into sight with as little movement as it takes', () => {
    expect(revealTop(small, 300, 15)).toBe(300);
    expect(revealTop(small, 300, 9)).toBe(270);
    expect(revealTop(small, 300, 30)).toBe(330);
  });
});

test('the element of a row that left serves one that came, and the others keep theirs', () => {
  const slots = new RowSlots();
  expect([...slots.assign(['a', 'b', 'c'])]).toEqual([
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ]);
  const next = slots.assign(['d', 'a', 'b']);
  expect([next.get('d'), next.get('a'), next.get('b')]).toEqual([2, 0, 1]);
});

test.each([
  ['2026-01-01T00:00:00.123456+00:00', '2026-01-01T00:00:00.123457Z'],
  ['2026-01-01T00:00:00.999999+00:00', '2026-01-01T00:00:01.000000Z'],
  ['2026-01-01T02:00:00+02:00', '2026-01-01T00:00:00.000001Z'],
])('the first instant after %s is %s', (iso, next) => {
  expect(justAfter(iso)).toBe(next);
});

test('a filter is a query of the core; "none" is asked for by conditions', () => {
  expect(toQuery(EMPTY_FILTER)).toEqual({ includeLogs: true });
  expect(
    toQuery({ ...EMPTY_FILTER, search: 'a', logs: false, status: ['failed'], project: ['p', ''] }),
  ).toEqual({
    includeLogs: false,
    filter: 'a',
    statuses: ['failed'],
    where: {
      conditions: [
        {
          operator: 'or',
          conditions: [
            { key: 'project', operator: 'isnull' },
            { key: 'project', operator: 'in', value: ['p'] },
          ],
        },
      ],
    },
  });
});

test('what stands in the address comes back, and what others keep there stays', () => {
  const state = {
    filter: {
      ...EMPTY_FILTER,
      search: 'a & b=c',
      logs: false,
      status: ['failed', 'aborted'],
      project: [''],
      from: '2026-01-01T00:00:00.000Z',
    },
    selected: 'ab'.repeat(16),
  };
  const hash = writeUrlState('#token=x', state);
  expect(hash).toMatch(/^#token=x&/);
  expect(readUrlState(hash)).toEqual(state);
  expect(writeUrlState(hash, { filter: EMPTY_FILTER, selected: '' })).toBe('#token=x');
  expect(writeUrlState('#chapter-2', { filter: EMPTY_FILTER, selected: '' })).toBe('#chapter-2');
  expect(writeUrlState('', { filter: EMPTY_FILTER, selected: '' })).toBe('');
  expect(readUrlState('#from=soon&event=../x')).toEqual({ filter: EMPTY_FILTER, selected: '' });
});

test('words are those of the reader', () => {
  const words = createWords({ newEvents: '{count} neue' }, 'de');
  expect(words('newEvents', { count: 12_345 })).toBe('12.345 neue');
  expect(words('title')).toBe('Events');
  expect(createWords({}, 'not a language').number(5)).toBe('5');
});

test('of too many held actions the oldest is carried out at once', async () => {
  const done: string[] = [];
  const events = {
    update: async (id: string, { status }: EventChanges) => void done.push(`${id} ${status}`),
    outbox: { list: async () => [] },
  } as unknown as Events;
  const actions = new Actions(() => {});
  for (let number = 0; number <= MOST_ACTIONS; number++) {
    actions.hold(events, 'restart', [`event ${number}`]);
  }
  expect(done).toEqual(['event 0 restarted']);
  expect(actions.list).toHaveLength(MOST_ACTIONS);
  const [oldest] = actions.list;
  if (oldest) await actions.undo(oldest);
  actions.flush();
  expect(done).toHaveLength(MOST_ACTIONS);
  expect(done).not.toContain('event 1 restarted');
});

describe('colours', () => {
  const colours = new Map(
    [...themeStyles.cssText.matchAll(/--cuesheet-(\w+): light-dark\((#\w+), (#\w+)\)/g)].map(
      ([, name = '', light = '', dark = '']) => [name, { light, dark }],
    ),
  );
  const luminance = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (a: string, b: string) => {
    const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };

  test.each(['text', 'dim', 'blue', 'green', 'red', 'amber', 'violet'])(
    '%s is readable on every ground, dark and light',
    (name) => {
      for (const ground of ['background', 'panel', 'raised']) {
        for (const mode of ['light', 'dark'] as const) {
          const [ink = '', paper = ''] = [colours.get(name)?.[mode], colours.get(ground)?.[mode]];
          expect(contrast(ink, paper), `${mode} on ${ground}`).toBeGreaterThanOrEqual(4.5);
        }
      }
    },
  );
});
