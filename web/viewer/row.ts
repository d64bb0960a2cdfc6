import { html, nothing, type TemplateResult } from 'lit';
import { styleMap } from 'lit/directives/style-map.js';
import type { EventRow } from '../client/index.ts';
import { progressOf, splitTopic } from './format.ts';
import { QUEUED_SHAPE, STATUS_SHAPES } from './icons.ts';
import type { Words } from './words.ts';

/** How a row is shown. */
export interface RowLook {
  /** Its place among all matches, from 0. */
  index: number;
  now: number;
  /** The Tab key reaches it. */
  tabbable: boolean;
  /** Its details are open. */
  selected: boolean;
  /** The selected event depends on it. */
  parent: boolean;
  /** A local write of it waits for the server. */
  queued: boolean;
  words: Words;
}

/** One event as a row of the table. */
export function renderRow(event: EventRow, look: RowLook): TemplateResult {
  const { words } = look;
  const label = words(`status.${event.status}`);
  const progress = progressOf(event);
  const [stem, leaf] = splitTopic(event.topic);
  return html`
    <tr
      role="row"
      tabindex=${look.tabbable ? 0 : -1}
      data-id=${event.id}
      data-index=${look.index}
      aria-rowindex=${look.index + 2}
      aria-current=${look.selected ? 'true' : nothing}
      class="${event.status} ${tintOf(event.topic)} ${look.parent ? 'parent' : ''}"
    >
      <td role="cell" class="status" title=${label}>
        <svg viewBox="0 0 16 16" role="img" aria-label=${label}>${STATUS_SHAPES[event.status]}</svg>
        ${progress === null ? html`<span class="label" aria-hidden="true">${label}</span>` : renderBar(label, progress)}
      </td>
      <td role="cell" class="topic" title=${event.topic}>
        <span class="stem">${stem}</span><span class="leaf">${leaf}</span>
      </td>
      <td role="cell" class="description" title=${event.description}>
        ${look.queued ? renderMark(words) : nothing}${event.description}
      </td>
      <td role="cell" class="project">${event.project ?? nothing}</td>
      <td role="cell" class="user">${event.user ?? nothing}</td>
      <td role="cell" class="age">
        <time datetime=${event.createdAt} title=${words.time(event.createdAt)}>
          ${words.age(event.createdAt, look.now)}
        </time>
      </td>
    </tr>
  `;
}

/** A row that is on its way. */
export function renderSkeletonRow(index: number, words: Words): TemplateResult {
  return html`<tr role="row" class="waiting" aria-rowindex=${index + 2} aria-busy="true">
    <td role="cell" aria-label=${words('loadingRow')}><i></i></td>
  </tr>`;
}

/** A bar of so many per cent. */
export function renderBar(label: string, progress: number): TemplateResult {
  const percent = Math.round(progress);
  return html`<span
      class="bar"
      role="progressbar"
      aria-label=${label}
      aria-valuenow=${percent}
      aria-valuemin="0"
      aria-valuemax="100"
      ><span style=${styleMap({ width: `${progress}%` })}></span></span
    ><span class="percent">${percent}%</span>`;
}

function renderMark(words: Words): TemplateResult {
  const label = words('queued');
  return html`<svg class="mark" viewBox="0 0 16 16" role="img" aria-label=${label}>
    <title>${label}</title>
    ${QUEUED_SHAPE}
  </svg>`;
}

/** Log events carry the colour of their weight, as AYON's own page shows them. */
function tintOf(topic: string): string {
  if (topic === 'log.error') return 'error';
  return topic === 'log.warning' ? 'warning' : '';
}
