import { html, nothing, type TemplateResult } from 'lit';
import type { EventRow } from '../client/index.ts';
import { ageOf, fullTime, progressOf, STATUS_LABEL, splitTopic } from './format.ts';
import { STATUS_SHAPES } from './icons.ts';

/** One event as a row of the table; `tabbable` is the row that the Tab key reaches. */
export function renderRow(event: EventRow, now: number, tabbable: boolean): TemplateResult {
  const label = STATUS_LABEL[event.status];
  const progress = progressOf(event);
  const [stem, leaf] = splitTopic(event.topic);
  return html`
    <tr
      role="row"
      tabindex=${tabbable ? 0 : -1}
      data-id=${event.id}
      class="${event.status} ${tintOf(event.topic)}"
    >
      <td role="cell" class="status" title=${label}>
        <svg viewBox="0 0 16 16" role="img" aria-label=${label}>${STATUS_SHAPES[event.status]}</svg>
        ${progress === null ? html`<span class="label" aria-hidden="true">${label}</span>` : renderBar(label, progress)}
      </td>
      <td role="cell" class="topic" title=${event.topic}>
        <span class="stem">${stem}</span>${leaf}
      </td>
      <td role="cell" class="description" title=${event.description}>${event.description}</td>
      <td role="cell" class="project">${event.project ?? nothing}</td>
      <td role="cell" class="user">${event.user ?? nothing}</td>
      <td role="cell" class="age">
        <time datetime=${event.createdAt} title=${fullTime(event.createdAt)}>
          ${ageOf(event.createdAt, now)}
        </time>
      </td>
    </tr>
  `;
}

function renderBar(label: string, progress: number): TemplateResult {
  const percent = Math.round(progress);
  return html`<span
      class="bar"
      role="progressbar"
      aria-label=${label}
      aria-valuenow=${percent}
      aria-valuemin="0"
      aria-valuemax="100"
      ><span style="width:${progress}%"></span></span
    ><span class="percent">${percent}%</span>`;
}

/** Log events carry the colour of their weight, as AYON's own page shows them. */
function tintOf(topic: string): string {
  if (topic === 'log.error') return 'error';
  return topic === 'log.warning' ? 'warning' : '';
}
