import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import type { Events, Progress } from '../client/index.ts';
import { renderBar } from './row.ts';
import type { Strings } from './strings.ts';
import { themeStyles } from './theme.ts';
import { barStyles } from './table-styles.ts';
import { createWords, type Words } from './words.ts';

/** The time left is redrawn this often, in milliseconds. */
const TICK_MS = 1000;

/**
 * The progress of one job: a bar, the percentage and the time left. A job with descendants shows the
 * progress of all of them.
 * @attribute event-id - the job
 */
export class CuesheetProgress extends LitElement {
  /** @internal */ static override styles = [
    themeStyles,
    barStyles,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        height: auto;
        background: none;
      }
      .bar {
        flex: 1;
        width: var(--cuesheet-progress-width, 120px);
      }
      .percent {
        margin: 0;
      }
      .left {
        color: var(--cuesheet-dim);
        white-space: nowrap;
      }
    `,
  ];
  /** @internal */ static override properties = {
    events: { attribute: false },
    eventId: { attribute: 'event-id' },
    strings: { attribute: false },
    progress: { state: true },
    now: { state: true },
  };

  /** What `openEvents()` returned; null = none yet. */
  declare events: Events | null;
  /** The job: id of an event. */
  declare eventId: string;
  /** Texts that replace the English ones. */
  declare strings: Partial<Strings>;
  /** Null = there is no such event, or it was not read yet. @internal */
  declare progress: Progress | null;
  /** @internal */ declare now: number;

  #words: Words = createWords();
  #stop = () => {};
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.events = null;
    this.eventId = '';
    this.strings = {};
    this.progress = null;
    this.now = Date.now();
  }

  /** @internal */ override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => {
      this.now = Date.now();
    }, TICK_MS);
    if (this.hasUpdated) this.#follow();
  }

  /** @internal */ override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#stop();
  }

  #follow(): void {
    this.#stop();
    this.#stop = () => {};
    this.progress = null;
    if (!this.events || !this.eventId) return;
    this.#stop = this.events.progress(this.eventId, (progress) => {
      this.progress = progress;
      this.now = Date.now();
    });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('strings')) {
      this.#words = createWords(this.strings, this.lang || document.documentElement.lang);
    }
    if (changed.has('events') || changed.has('eventId')) this.#follow();
  }

  protected override render() {
    const { progress } = this;
    const percent = progress?.combined ?? progress?.progress ?? null;
    if (!progress || percent === null) return nothing;
    const end = progress.estimatedEnd;
    const left = end && percent < 100 ? (Date.parse(end) - this.now) / 1000 : null;
    const time = left === null ? '' : this.#words.duration(left);
    return html`${renderBar(this.#words('progress'), percent)}${
      time ? html`<span class="left">${this.#words('timeLeft', { time })}</span>` : nothing
    }`;
  }
}

/** Registers `<cuesheet-progress>`; calling it again does nothing. */
export function defineProgress(): void {
  if (!customElements.get('cuesheet-progress')) {
    customElements.define('cuesheet-progress', CuesheetProgress);
  }
}
