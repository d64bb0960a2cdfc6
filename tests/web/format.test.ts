import { expect, test } from 'vitest';
import type { EventRow, EventsStatus } from '../../web/client/index.ts';
import { connectionLook, progressOf, splitTopic, storageLook } from '../../web/viewer/format.ts';
import { createWords } from '../../web/viewer/words.ts';

const NOW = Date.parse('2026-03-19T10:00:00Z');

test.each([
  ['2026-03-19T09:59:58.123456+00:00', 'now'],
  ['2026-03-19T10:00:30+00:00', 'now'], // the server's clock is ahead
  ['2026-03-19T09:59:20+00:00', '40 sec'],
  ['2026-03-19T10:57:00+01:00', '3 min'],
  ['2026-03-19T07:30:00+00:00', '2 hr'],
  ['2026-03-15T07:30:00+00:00', '4 days'],
])('the age of %s is %s', (iso, age) => {
  expect(createWords({}, 'en').age(iso, NOW)).toBe(age);
});

test('a topic is what it is about and what happened', () => {
  expect(splitTopic('entity.folder.created')).toEqual(['entity.folder.', 'created']);
  expect(splitTopic('maintenance')).toEqual(['', 'maintenance']);
});

test('only what runs has a progress to draw', () => {
  const event = (status: string, progress?: number) => ({ status, progress }) as EventRow;
  expect(progressOf(event('in_progress', 40))).toBe(40);
  expect(progressOf(event('pending', 0))).toBe(0);
  expect(progressOf(event('finished', 100))).toBeNull();
  expect(progressOf(event('in_progress'))).toBeNull();
});

test('indicators say what is going on', () => {
  const status: EventsStatus = {
    connection: 'live',
    storage: 'durable',
    problem: null,
    message: null,
    saving: false,
    queuedWrites: 0,
    blockedWrites: 0,
    refusedWrites: 0,
    intercepted: null,
    reload: null,
    heldWrites: 0,
    history: null,
    events: 1,
    sequence: 1,
    persisted: null,
    ended: null,
  };
  expect(connectionLook(status)).toEqual({ label: 'connection.live', mood: 'good' });
  expect(connectionLook({ ...status, connection: 'waiting' }).mood).toBe('bad');
  expect(storageLook(status)).toEqual({ label: 'durable', mood: 'good' });
  expect(storageLook({ ...status, saving: true }).mood).toBe('busy');
  expect(storageLook({ ...status, message: 'saving failed' }).label).toBe('notSaved');
  const unwritten = { ...status, problem: 'checkpoint', message: 'why' } as const;
  expect(storageLook(unwritten).label).toBe('durable');
  expect(storageLook({ ...status, storage: 'memory', message: 'why' }).label).toBe('memoryOnly');
});
