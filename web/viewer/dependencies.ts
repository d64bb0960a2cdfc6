import { html, nothing, type TemplateResult } from 'lit';
import { styleMap } from 'lit/directives/style-map.js';
import type { EventRow, EventTree } from '../client/index.ts';
import { statusShape } from './icons.ts';
import type { Words } from './words.ts';

/** Rows of the tree that are drawn, in each direction. */
const MOST_ROWS = 100;

/** The ancestors of an event, the event and its descendants, indented by depth. */
export function renderDependencies(
  tree: EventTree,
  words: Words,
  select: (id: string) => void,
): TemplateResult | typeof nothing {
  const { event, ancestors, descendants } = tree;
  if (ancestors.length === 0 && descendants.length === 0) return nothing;
  const above = ancestors.slice(-MOST_ROWS);
  const below = descendants.slice(0, MOST_ROWS);
  const left = ancestors.length + descendants.length - above.length - below.length;
  const depths = new Map<string, number>();
  const draw = (row: EventRow) => {
    const depth = row.dependsOn === null ? 0 : (depths.get(row.dependsOn) ?? -1) + 1;
    depths.set(row.id, depth);
    return renderStep(row, depth, row.id === event.id, words, select);
  };
  return html`<section class="dependencies">
    <h3>${words('tree')}</h3>
    <ol>
      ${[...above, event, ...below].map(draw)}
    </ol>
    ${left > 0 ? html`<p class="dim">${words('itemsLeft', { count: left })}</p>` : nothing}
  </section>`;
}

/** Deeper steps are not indented further, so that their names stay readable. */
const MOST_INDENTS = 6;

function renderStep(
  row: EventRow,
  depth: number,
  isCurrent: boolean,
  words: Words,
  select: (id: string) => void,
): TemplateResult {
  return html`<li
    class=${row.status}
    style=${styleMap({ '--depth': Math.min(depth, MOST_INDENTS) })}
  >
    <button
      class="link"
      aria-current=${isCurrent ? 'true' : nothing}
      title=${row.description}
      @click=${() => select(row.id)}
    >
      <svg viewBox="0 0 16 16" role="img" aria-label=${words(`status.${row.status}`)}>
        ${statusShape(row.status)}
      </svg>
      <span>${row.topic}</span>
    </button>
  </li>`;
}
