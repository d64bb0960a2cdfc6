import { expect, test } from 'vitest';
import { createTurns } from '../../worker/edge/turns.ts';

/** Turns of a loop that a test makes one by one; each takes a millisecond. */
function loop() {
  let time = 0;
  let waiting: (() => void)[] = [];
  const turns = createTurns(
    () => new Promise((resolve) => void waiting.push(resolve)),
    () => time,
  );
  return {
    turns,
    pass(ms: number) {
      time += ms;
    },
    async turn() {
      time++;
      for (const resolve of waiting.splice(0)) resolve();
      await new Promise((resolve) => setTimeout(resolve));
      waiting = [...waiting];
    },
  };
}

/** Notes in `order` when the turn comes. */
function note(order: string[], name: string, wait: Promise<string | null> | null) {
  void (wait ?? Promise.resolve(null)).then((refusal) => order.push(refusal ?? name));
}

test('a caller without long calls never waits', () => {
  const { turns } = loop();
  expect(turns.wait('a')).toBeNull();
  turns.took('a', 19);
  expect(turns.wait('a')).toBeNull();
  turns.took('b', 500);
  expect(turns.wait('a')).toBeNull();
});

test('after a long call the next request waits until nobody has come for two turns', async () => {
  const { turns, turn } = loop();
  const order: string[] = [];
  turns.took('a', 500);
  note(order, 'a', turns.wait('a'));
  for (let number = 0; number < 20; number++) {
    turns.arrived();
    await turn();
    expect(order).toEqual([]);
  }
  await turn();
  expect(order).toEqual([]);
  await turn();
  expect(order).toEqual(['a']);
  expect(turns.wait('a')).toBeNull();
});

test('a wait ends after the time of the call, however many others come', async () => {
  const { turns, turn } = loop();
  const order: string[] = [];
  turns.took('a', 30);
  note(order, 'a', turns.wait('a'));
  for (let number = 0; number < 29; number++) {
    turns.arrived();
    await turn();
  }
  expect(order).toEqual([]);
  turns.arrived();
  await turn();
  expect(order).toEqual(['a']);
});

test('callers take turns, and each request that waits has its own', async () => {
  const { turns, turn } = loop();
  const order: string[] = [];
  for (const caller of ['a', 'b']) turns.took(caller, 50);
  for (const name of ['a1', 'a2', 'a3', 'b1']) {
    note(order, name, turns.wait(name.charAt(0)));
  }
  const before: number[] = [];
  for (let number = 0; number < 12; number++) {
    before.push(order.length);
    await turn();
    expect(order.length - (before.at(-1) ?? 0)).toBeLessThanOrEqual(1);
  }
  expect(order).toEqual(['a1', 'b1', 'a2', 'a3']);
});

test('short calls that came during a pause follow one another, until they are as long as a long one', async () => {
  const { turns, turn, pass } = loop();
  const order: string[] = [];
  turns.took('a', 50);
  for (let number = 0; number < 8; number++) {
    void turns.wait('a')?.then(() => {
      order.push(`a${number}`);
      pass(5);
      turns.took('a', 5);
    });
  }
  await turn();
  expect(order).toEqual([]);
  await turn();
  expect(order).toEqual(['a0', 'a1', 'a2', 'a3']);
  await turn();
  await turn();
  await turn();
  expect(order).toHaveLength(8);
});

test('too many requests that wait, and one that waited too long, are refused with a sentence', async () => {
  const { turns, turn, pass } = loop();
  const order: string[] = [];
  turns.took('a', 500);
  for (let number = 0; number < 65; number++) note(order, 'done', turns.wait('a'));
  await turn();
  expect(order).toEqual(['64 requests of a wait for their turn: send fewer at once']);
  pass(30_001);
  await turn();
  await turn();
  expect(order[1]).toBe('the request waited 30 s for other long ones: send fewer at once');
});

test('all requests of a caller that waited too long are refused in its next turn', async () => {
  const { turns, turn, pass } = loop();
  const order: string[] = [];
  turns.took('a', 500);
  for (const name of ['a1', 'a2', 'a3']) note(order, name, turns.wait('a'));
  pass(30_001);
  for (const caller of ['b', 'c']) {
    turns.took(caller, 500);
    note(order, caller, turns.wait(caller));
  }
  const refusal = 'the request waited 30 s for other long ones: send fewer at once';
  for (let number = 0; number < 3; number++) await turn();
  expect(order.slice(0, 3)).toEqual([refusal, refusal, refusal]);
});
