import { expectTypeOf, test } from 'vitest';
import { type Events, type EventRow, isTopic } from '../../web/client/index.ts';

declare module '../../web/client/index.ts' {
  interface TopicMap {
    'test.frame': { summary: { frame: number }; payload: { file: string } };
    'test.plain': { summary: { text?: string } };
  }
}

declare const events: Events;
const row = (topic: string) => ({ topic, summary: { frame: 7 } }) as unknown as EventRow;

// Checked by the compiler: these functions are not called.
const writes = () => {
  void events.dispatch({ topic: 'test.frame', summary: { frame: 1 }, payload: { file: 'a.exr' } });
  void events.dispatch({ topic: 'any.topic', summary: { whatever: true } });
  // @ts-expect-error a frame is a number
  void events.dispatch({ topic: 'test.frame', summary: { frame: 'one' } });
  void events.update<'test.frame'>('id', { payload: { file: 'b.exr' } });
  // @ts-expect-error there is no such member
  void events.update<'test.frame'>('id', { payload: { path: 'b.exr' } });
};
const reads = async () => {
  const { events: frames } = await events.query({ topics: ['test.frame'] });
  expectTypeOf(frames[0]?.summary.frame).toEqualTypeOf<number | undefined>();
  events.live({ topics: ['test.plain'] }, (page) => {
    expectTypeOf(page.events[0]?.topic).toEqualTypeOf<'test.plain' | undefined>();
  });
  for await (const event of events.iterate({ topics: ['test.*'] })) {
    expectTypeOf(event.topic).toEqualTypeOf<string>();
  }
  const either = await events.query({ topics: ['test.frame', 'test.plain'] });
  expectTypeOf(either.events[0]?.topic).toEqualTypeOf<'test.frame' | 'test.plain' | undefined>();
};

test('isTopic narrows an event to what the TopicMap says of its topic', () => {
  const event = row('test.frame');
  if (!isTopic(event, 'test.frame')) throw new Error('it is of this topic');
  expectTypeOf(event.summary.frame).toEqualTypeOf<number>();
  expectTypeOf(writes).returns.toBeVoid();
  expectTypeOf(reads).returns.resolves.toBeVoid();
});
