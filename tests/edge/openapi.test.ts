import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../worker/edge/openapi/document.ts';
import type { Answer, Operation } from '../../worker/edge/openapi/types.ts';
import { createApp } from '../../worker/edge/routes.ts';
import { conformance } from './conformance/suite.ts';
import { seedEvent, seedId } from './conformance/seed.ts';
import { call } from './hub-process.ts';

const DOCUMENT = openApiDocument('test');
const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    title: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    operation,
  })),
);
const BODIES = OPERATIONS.filter(({ operation }) => operation.requestBody);

/** The path with the id of an event that a test makes. */
const filled = (path: string, id: string) => path.replace('{id}', id);

const example = ({ requestBody }: Operation) =>
  requestBody?.content['application/json']?.example as object | undefined;

/** What the document says of an answer. */
function documented(operation: Operation, status: number): Answer {
  const answer = operation.responses[String(status)];
  expect(answer, `${operation.operationId} answers ${status}`).toBeDefined();
  const shared = answer?.$ref?.split('/').at(-1);
  return shared === undefined
    ? (answer as Answer)
    : (DOCUMENT.components.responses[shared] as Answer);
}

test('every route of the hub is documented, and nothing else', () => {
  const refuse = () => {
    throw new Error('not asked');
  };
  const app = createApp({
    credentials: {} as never,
    ask: refuse,
    settle: refuse,
    changed: refuse,
    log: () => {},
    isReady: () => true,
    isSaving: () => true,
    isFull: () => false,
    ended: () => null,
    hasCopy: () => true,
    check: refuse,
    loading: () => null,
    figures: refuse,
  });
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  expect(OPERATIONS.map(({ title }) => title).sort()).toEqual([...new Set(routes)].sort());
});

test('every reference leads somewhere, every schema is used, every operation has a name of its own', () => {
  const text = JSON.stringify(DOCUMENT);
  const references = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)].map(
    ([, kind, name]) => `${kind}/${name}`,
  );
  const { schemas, responses } = DOCUMENT.components;
  const there = [
    ...Object.keys(schemas).map((name) => `schemas/${name}`),
    ...Object.keys(responses).map((name) => `responses/${name}`),
  ];
  expect([...new Set(references)].sort()).toEqual(there.sort());
  const names = OPERATIONS.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  const tags = OPERATIONS.flatMap(({ operation }) => operation.tags);
  expect(new Set(tags)).toEqual(new Set(DOCUMENT.tags.map(({ name }) => name)));
});

conformance(
  'the OpenAPI document',
  (hub) => {
    test('is served to everybody, with the version of the hub', async () => {
      const { status, body } = await hub.anonymous('GET', '/openapi.json');
      const info = await hub.anonymous('GET', '/api/info');
      expect(status).toBe(200);
      expect(body).toEqual(JSON.parse(JSON.stringify(openApiDocument(info.body.version))));
    });

    test('has a page that names every operation and runs no script', async () => {
      const response = await fetch(`${hub.hub.url}/docs`);
      const page = await response.text();
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      for (const { operation, path } of OPERATIONS) {
        expect(page).toContain(`<article id="${operation.operationId}">`);
        expect(page).toContain(`<code>${path}</code>`);
      }
      expect(page).not.toMatch(/<script|src=|https?:\/\//);
      expect(page).toContain('/ws');
    });

    describe.each(OPERATIONS)('$title', ({ method, path, operation }) => {
      const isOpen = operation.security?.length === 0;

      test('answers its example as documented', async () => {
        const id = method === 'DELETE' ? seedId(2) : seedId(1);
        const special: Record<string, object> = {
          logIn: { name: 'adm', password: 'correct horse' },
        };
        const body = special[operation.operationId] ?? example(operation);
        const response = await fetch(hub.hub.url + filled(path, id), {
          method,
          headers: { 'x-api-key': hub.svc.key, 'content-type': 'application/json' },
          ...(body && { body: JSON.stringify(body) }),
        });
        expect(Math.floor(response.status / 100)).toBe(2);
        const { content } = documented(operation, response.status);
        const [type] = Object.keys(content ?? {});
        expect(response.headers.get('content-type')?.split(';')[0]).toBe(type);
        const media = Object.values(content ?? {})[0];
        const schema = DOCUMENT.components.schemas[media?.schema.$ref?.split('/').at(-1) ?? ''];
        if (schema) {
          const members = Object.keys(await response.json());
          expect(members).toEqual(expect.arrayContaining([...(schema.required ?? [])]));
          if (schema.additionalProperties === false) {
            expect(Object.keys(schema.properties ?? {})).toEqual(expect.arrayContaining(members));
          }
        }
      });

      test(isOpen ? 'needs no credentials' : 'without credentials is 401', async () => {
        const body = example(operation);
        const { status } = await fetch(hub.hub.url + filled(path, seedId(1)), {
          method,
          ...(body && { body: JSON.stringify(body) }),
        });
        if (isOpen) expect([200, 403]).toContain(status);
        else {
          expect(status).toBe(401);
          documented(operation, status);
        }
      });

      test('with another method is 405 and names its own', async () => {
        documented(operation, 405);
        const reply = await call(hub.hub, 'PUT', filled(path, seedId(1)), { key: hub.svc.key });
        expect(reply).toMatchObject({ status: 405, body: { detail: 'Method Not Allowed' } });
        expect(reply.headers.get('allow')?.split(', ')).toContain(method);
      });
    });

    test.each(BODIES)('$title with broken JSON is a documented 400', async (entry) => {
      const { method, path, operation } = entry;
      const reply = await call(hub.hub, method, filled(path, seedId(1)), {
        key: hub.svc.key,
        body: '{"a":',
      });
      documented(operation, reply.status);
      expect(reply).toMatchObject({
        status: 400,
        body: { errors: [{ loc: ['body'], type: 'value_error.jsondecode' }] },
      });
    });

    test.each(BODIES)(
      '$title with 9 MiB is a documented 413',
      async ({ method, path, operation }) => {
        const reply = await call(hub.hub, method, filled(path, seedId(1)), {
          key: hub.svc.key,
          body: JSON.stringify({ text: 'x'.repeat(9 << 20) }),
        });
        documented(operation, reply.status);
        expect([reply.status, reply.body.code]).toEqual([413, 413]);
      },
    );
  },
  [seedEvent(1, { topic: 'seed.kept' }), seedEvent(2, { topic: 'seed.removed' })],
);
