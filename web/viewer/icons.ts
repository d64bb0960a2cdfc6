import { svg, type TemplateResult } from 'lit';
import type { EventStatus } from '../client/index.ts';

/** A path of an icon, and the class for its style. */
interface Stroke {
  readonly look: string;
  readonly path: string;
}

/** A shape for every status, so that they differ without colour. Two paths each. */
export const STATUS_STROKES: Record<EventStatus, readonly [Stroke, Stroke]> = {
  finished: [
    { look: 'solid', path: 'M8 1a7 7 0 1 1 0 14A7 7 0 1 1 8 1z' },
    { look: 'cut', path: 'M4.6 8.3l2.3 2.3 4.5-5' },
  ],
  in_progress: [
    { look: 'line faint', path: 'M8 2.1a5.9 5.9 0 1 1 0 11.8A5.9 5.9 0 1 1 8 2.1z' },
    { look: 'line', path: 'M8 2.1a5.9 5.9 0 0 1 5.9 5.9' },
  ],
  pending: [
    { look: 'line dashed', path: 'M14.1 8A6.1 6.1 0 1 1 1.9 8 6.1 6.1 0 1 1 14.1 8z' },
    { look: 'line', path: 'M8 4.9V8l2 1.6' },
  ],
  failed: [
    { look: 'solid', path: 'M8 .9l7.6 13.6H.4z' },
    { look: 'cut', path: 'M8 5.6v4.2M8 12.1v.1' },
  ],
  aborted: [
    {
      look: 'line',
      path: 'M4.5 2h7A2.5 2.5 0 0 1 14 4.5v7a2.5 2.5 0 0 1-2.5 2.5h-7A2.5 2.5 0 0 1 2 11.5v-7A2.5 2.5 0 0 1 4.5 2z',
    },
    { look: 'line', path: 'M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8' },
  ],
  restarted: [
    { look: 'line', path: 'M13.5 5.4A6 6 0 1 0 14 8' },
    { look: 'line', path: 'M13.9 1.9v3.7h-3.7' },
  ],
};

/** What is inside the `<svg>` of a status. */
export const statusShape = (status: EventStatus): TemplateResult[] =>
  STATUS_STROKES[status].map(({ look, path }) => svg`<path class=${look} d=${path} />`);

export const SEARCH_SHAPE = svg`<circle class="line" cx="7" cy="7" r="4.6" />
  <path class="line" d="M10.5 10.5l3.4 3.4" />`;

export const LOGO_SHAPE = svg`<rect width="16" height="16" rx="4" fill="var(--cuesheet-brand)" />
  <path class="cut" d="M4 4.5h8M4 8h5M4 11.5h6.5" />`;

/** A local write on its way to the server. */
export const QUEUED_SHAPE = svg`<path class="line" d="M8 13.5v-9M4.3 8L8 4.3 11.7 8M3 1.5h10" />`;

export const PAUSE_SHAPE = svg`<path class="line" d="M5.5 3v10M10.5 3v10" />`;
export const PLAY_SHAPE = svg`<path class="line" d="M4.5 3l8 5-8 5z" />`;
export const FILTER_SHAPE = svg`<path class="line" d="M2 3.5h12M4.5 8h7M7 12.5h2" />`;
export const CLOSE_SHAPE = svg`<path class="line" d="M4 4l8 8M12 4l-8 8" />`;
export const UP_SHAPE = svg`<path class="line" d="M8 13V3.5M3.8 7.5L8 3.3l4.2 4.2" />`;
