import type { Answer, Media, OpenApi, Operation, Parameter, Schema } from './types.ts';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; }
article { border-top: 1px solid #8886; padding: 1rem 0; }
h3 { margin: 0; font-size: 1.1rem; }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
pre { background: #8881; padding: 0.75rem; overflow-x: auto; border-radius: 4px; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; text-transform: uppercase; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; }
dd { margin: 0; }`;

/** The page's own headers: it loads nothing and runs nothing. */
export const DOCS_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** The document as one HTML page without scripts. */
export function docsPage(document: OpenApi): string {
  const { info, tags, paths } = document;
  const entries = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method, operation })),
  );
  const chapters = tags.map(({ name, description }) => {
    const own = entries.filter(({ operation }) => operation.tags.includes(name));
    const articles = own.map((entry) =>
      article(document, entry.method, entry.path, entry.operation),
    );
    return `<h2>${escapeHtml(description)}</h2>${articles.join('')}`;
  });
  const about = info.description.split('\n\n').map((text) => `<p>${escapeHtml(text)}</p>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(info.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(info.title)} <small>${escapeHtml(info.version)}</small></h1>
${about.join('\n')}
<p>The same for programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI ${escapeHtml(document.openapi)}).</p>
${chapters.join('\n')}</main></body></html>
`;
}

function article(document: OpenApi, method: string, path: string, operation: Operation): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const parts = [
    `<h3><span class="method">${method}</span> <code>${escapeHtml(path)}</code> ${escapeHtml(summary)}</h3>`,
    `<p>${escapeHtml(description)}</p>`,
  ];
  const fields = parameters?.map(parameterItem) ?? [];
  for (const media of Object.values(requestBody?.content ?? {})) {
    fields.push(...schemaItems(document, media.schema));
  }
  if (fields.length > 0) parts.push(`<h4>Takes</h4><dl>${fields.join('')}</dl>`);
  parts.push(...examples(requestBody?.content));
  const answers = Object.entries(responses).map(([status, response]) => {
    const resolved = resolveAnswer(document, response);
    return `<dt><code>${status}</code></dt><dd>${escapeHtml(resolved.description ?? '')}</dd>`;
  });
  parts.push(`<h4>Answers</h4><dl>${answers.join('')}</dl>`);
  return `<article id="${escapeHtml(operationId)}">${parts.join('\n')}</article>`;
}

function parameterItem({ name, in: place, description }: Parameter): string {
  return item(`${name} (${place})`, description);
}

/** The members of a body. */
function schemaItems(document: OpenApi, schema: Schema): string[] {
  const { properties = {}, required = [] } = resolveSchema(document, schema);
  return Object.entries(properties).map(([name, member]) => {
    const { type, enum: values, default: initial, description } = resolveSchema(document, member);
    const kind = values ? values.map(String).join(', ') : [type ?? []].flat().join(' or ');
    const notes = [
      kind,
      required.includes(name) ? 'required' : '',
      initial === undefined ? '' : `default ${JSON.stringify(initial)}`,
      member.description ?? description ?? '',
    ];
    return item(name, notes.filter(Boolean).join('; '));
  });
}

function item(term: string, text: string): string {
  return `<dt><code>${escapeHtml(term)}</code></dt><dd>${escapeHtml(text)}</dd>`;
}

function examples(content: Readonly<Record<string, Media>> | undefined): string[] {
  return Object.values(content ?? {})
    .filter(({ example }) => example !== undefined)
    .map(({ example }) => `<pre>${escapeHtml(JSON.stringify(example, null, 2))}</pre>`);
}

function resolveSchema(document: OpenApi, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return (name !== undefined && document.components.schemas[name]) || schema;
}

function resolveAnswer(document: OpenApi, answer: Answer): Answer {
  const name = answer.$ref?.split('/').at(-1);
  return (name !== undefined && document.components.responses[name]) || answer;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<"]/g, (character) => ENTITIES[character] ?? character);
}
