import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Effect, ReplicaState, WriteOutcome } from '../../wasm/methods.ts';

/** `tests/unit/effects_test.cc` compares the same file with what the core writes. */
const LINES = readFileSync('tests/unit/effects.ndjson', 'utf8').trim().split('\n');
const docs = readFileSync('docs/border.md', 'utf8');

type Kind = Effect['effect'];
type Of<K extends Kind> = Omit<Extract<Effect, { effect: K }>, 'effect'>;

/** Whether a value has the type T. */
type Check<T> = (value: unknown) => value is T;
/** The members of an effect; the type checker refuses one that is missing, unknown or of another type. */
type Members<K extends Kind> = { readonly [M in keyof Of<K>]-?: Check<Of<K>[M]> };

const number = (value: unknown): value is number => Number.isSafeInteger(value);
const text = (value: unknown): value is string => typeof value === 'string';
const flag = (value: unknown): value is boolean => typeof value === 'boolean';
const orNull =
  <T>(check: Check<T>) =>
  (value: unknown): value is T | null =>
    value === null || check(value);
const optional =
  <T>(check: Check<T>) =>
  (value: unknown): value is T | undefined =>
    value === undefined || check(value);
const list =
  <T>(check: Check<T>) =>
  (value: unknown): value is T[] =>
    Array.isArray(value) && value.every(check);
const oneOf =
  <T extends string>(names: Record<T, true>) =>
  (value: unknown): value is T =>
    text(value) && Object.hasOwn(names, value);

const request = { request: number, method: text, path: text, body: orNull(text) };

const EFFECTS: { readonly [K in Kind]: Members<K> } = {
  changed: { sequence: number },
  send: { clients: list(number), text },
  identify: { client: number, token: text },
  remember: { client: number, state: text },
  close: { client: number, code: number },
  connect: {},
  disconnect: {},
  authenticate: {
    subscribe: list(text),
    project: orNull(text),
    since: number,
    store: optional(text),
    payloads: optional(flag),
    snapshot: optional(flag),
    version: number,
  },
  acknowledge: { sequence: number },
  snapshot: { request: number, path: text },
  fetch: request,
  timer: { delayMs: number },
  state: {
    state: oneOf<ReplicaState>({
      offline: true,
      connecting: true,
      catching_up: true,
      live: true,
      waiting: true,
      unauthorized: true,
      stopped: true,
    }),
  },
  write: request,
  wake: { delayMs: number },
  written: {
    number,
    id: text,
    outcome: oneOf<WriteOutcome>({ confirmed: true, refused: true }),
    status: number,
    detail: text,
  },
  renamed: { from: text, to: text },
  outbox: {},
};

/** What is wrong with a line of `cue_take_effects`; empty = nothing. */
function problemsOf(line: string): string[] {
  const { effect, ...members } = JSON.parse(line) as Record<string, unknown>;
  if (!text(effect) || !Object.hasOwn(EFFECTS, effect)) return [`${effect}: no such effect`];
  const checks: Record<string, Check<unknown>> = EFFECTS[effect as Kind];
  const unknown = Object.keys(members).filter((name) => !Object.hasOwn(checks, name));
  const wrong = Object.keys(checks).filter((name) => !checks[name]?.(members[name]));
  return [
    ...unknown.map((name) => `${effect}.${name}: no such member`),
    ...wrong.map((name) => `${effect}.${name}: missing or of another type`),
  ];
}

describe('the effects of the core', () => {
  test.each(LINES)('%s has the type that the hosts know', (line) => {
    expect(problemsOf(line)).toEqual([]);
  });

  test('are all in the fixture and in the documentation', () => {
    const kinds = LINES.map((line) => (JSON.parse(line) as Effect).effect);
    expect([...new Set(kinds)].sort()).toEqual(Object.keys(EFFECTS).sort());
    const section = docs.slice(docs.indexOf('## Effects'), docs.indexOf('## Files'));
    const documented = [...section.matchAll(/\{"effect":"(\w+)"/g)].map(([, kind]) => kind);
    expect(documented.sort()).toEqual(Object.keys(EFFECTS).sort());
  });

  test('are refused with an unknown name, a missing, an unknown or a wrong member', () => {
    expect(problemsOf('{"effect":"sing"}')).toHaveLength(1);
    expect(problemsOf('{"effect":"toString"}')).toHaveLength(1);
    expect(problemsOf('{"effect":"timer"}')).toHaveLength(1);
    expect(problemsOf('{"effect":"timer","delayMs":"1"}')).toHaveLength(1);
    expect(problemsOf('{"effect":"timer","delayMs":1,"more":1}')).toHaveLength(1);
    expect(problemsOf('{"effect":"state","state":"asleep"}')).toHaveLength(1);
  });
});
