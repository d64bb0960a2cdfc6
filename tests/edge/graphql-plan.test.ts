import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CoreStore, entropy, loadCore, nowMicros } from '../../wasm/load.ts';
import { memoryFiles } from '../../wasm/memory-files.ts';
import { Method } from '../../wasm/methods.ts';
import {
  answerGraphql,
  type AskEvents,
  type AskPlan,
  type GraphqlRequest,
} from '../../worker/edge/graphql.ts';
import { createRandom, randomRequest } from './graphql-documents.ts';

const DOCUMENTS = 800;
const decoder = new TextDecoder();

/** Texts that JSON writes with escapes, or in more than a byte. */
const TEXTS = ['plain', '', '"\\/\b\f\n\r\t\u0001\u001f\u007f', 'kůň 🐎 \u2028\u2029', "it's <b>"];

let store: CoreStore;

function ask(operation: string, body: string) {
  const caller = { name: 'svc', isService: true };
  const header = { now: nowMicros(), entropy: entropy(), operation, caller };
  const answer = store.call<{ status: number }>(Method.request, header, body);
  return { status: answer.header.status, text: decoder.decode(answer.body) };
}

beforeAll(async () => {
  const wasm = await readFile('build/wasm-release/wasm/cuesheet-hub.wasm');
  store = (await loadCore(new WebAssembly.Module(wasm))).create('hub', memoryFiles());
  store.call(Method.open);
  for (const [number, text] of [...TEXTS, ...TEXTS].entries()) {
    const topic = ['many.a', 'many.b', 'log.info'][number % 3];
    const withPayload = number % 2 === 0 && { payload: { text, list: [number, null] } };
    const body = { topic, description: text, summary: { text, number }, ...withPayload };
    const event = { ...body, ...(number > 4 && { sender: text }) };
    expect(ask('dispatch', JSON.stringify(event)).status).toBe(200);
  }
});

const askEvents: AskEvents = async (args) => {
  const { status, text } = ask('graphql.events', JSON.stringify(args));
  const json = JSON.parse(text);
  return status < 400 ? { connection: json } : { message: json.detail, status: json.status };
};

/** The answer as a client gets it, and whether the core made it. */
async function answer(request: GraphqlRequest, mayPlan: boolean) {
  let planned = false;
  const askPlan: AskPlan = async (plan) => {
    const body = `${plan.select}\n${JSON.stringify(plan.arguments)}`;
    const { status, text } = ask('graphql.plan', body);
    planned = mayPlan && status === 200;
    return planned ? { status, body: new TextEncoder().encode(text), durable: true } : null;
  };
  const made = await answerGraphql(request, askPlan, askEvents);
  return {
    planned,
    text: 'body' in made ? decoder.decode(made.body) : JSON.stringify(made),
  };
}

describe('a plan', () => {
  test('has the bytes of graphql-js for random documents, and answers all without errors but introspection', async () => {
    const random = createRandom(20261130);
    let planned = 0;
    for (let number = 0; number < DOCUMENTS; number++) {
      const request = randomRequest(random);
      const [core, rows] = [await answer(request, true), await answer(request, false)];
      const place = `document ${number}: ${JSON.stringify(request)}`;
      expect(core.text, place).toBe(rows.text);
      const asksForTypes = /"__type":/.test(rows.text);
      const mayPlan = !('errors' in JSON.parse(rows.text)) && !asksForTypes;
      // graphql-js reads a condition of an event only when there is one, so a null may never be noticed.
      const mayFail = request.variables?.['no'] === null;
      expect(core.planned, place).toBe(mayPlan && (core.planned || !mayFail));
      if (core.planned) planned++;
    }
    expect(planned).toBeGreaterThan(DOCUMENTS / 2);
    expect(planned).toBeLessThan(DOCUMENTS);
  });

  test('shows every field of the schema, and every text as it is', async () => {
    const query = `{ events(includeLogs: true) {
      fieldStats
      edges { cursor node { id hash topic sender project user dependsOn status retries description
        summary payload createdAt updatedAt data } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor columnMetadata } } }`;
    const { planned, text } = await answer({ query }, true);
    expect(planned).toBe(true);
    expect(text).toBe((await answer({ query }, false)).text);
    const { edges } = JSON.parse(text).data.events;
    const shown = edges.map((edge: { node: { description: string } }) => edge.node.description);
    expect(shown).toEqual([...TEXTS, ...TEXTS]);
  });
});
