import { css } from 'lit';

const side = css`
  .body {
    position: relative;
    display: flex;
    flex: 1;
    min-height: 0;
  }
  aside,
  .details {
    flex: none;
    overflow: auto;
    padding: 12px 14px;
    background: var(--cuesheet-background);
  }
  .facets,
  .values {
    display: flex;
    flex-direction: column;
    gap: 12px;
  }
  .facets {
    width: 214px;
    border-right: 1px solid var(--cuesheet-line);
  }
  .facets > button {
    flex: none;
    justify-content: center;
  }
  fieldset {
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend,
  h3,
  dt {
    color: var(--cuesheet-dim);
    font-size: 12px;
    font-weight: 500;
  }
  legend {
    padding: 0 0 3px;
  }
  .value {
    display: flex;
    align-items: center;
    gap: 7px;
    padding: 2px 0;
    cursor: pointer;
  }
  .value input {
    flex: none;
    width: 14px;
    height: 14px;
    margin: 0;
    accent-color: var(--cuesheet-blue);
  }
  .value svg {
    width: 14px;
    height: 14px;
  }
  .name {
    flex: 1;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .number {
    color: var(--cuesheet-dim);
    font-variant-numeric: tabular-nums;
  }
  button.link {
    height: auto;
    padding: 2px 0;
    border: 0;
    background: none;
    color: var(--cuesheet-blue);
    text-align: left;
  }
  button.link:hover {
    text-decoration: underline;
  }
  .dim {
    color: var(--cuesheet-dim);
  }
`;

const histogram = css`
  .histogram {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 6px 14px;
    border-bottom: 1px solid var(--cuesheet-line);
  }
  .edge-time {
    color: var(--cuesheet-dim);
    font-size: 12px;
    white-space: nowrap;
  }
  .bars {
    position: relative;
    flex: 1;
    height: 38px;
    min-width: 0;
    cursor: crosshair;
    touch-action: pan-y;
  }
  .bars svg {
    display: block;
    width: 100%;
    height: 100%;
  }
  .in {
    fill: var(--cuesheet-blue);
  }
  .out {
    fill: var(--cuesheet-dim);
    opacity: 0.45;
  }
  .brush {
    position: absolute;
    top: 0;
    bottom: 0;
    pointer-events: none;
  }
  .brushed .brush {
    background: color-mix(in srgb, var(--cuesheet-blue) 12%, transparent);
  }
  .edge {
    position: absolute;
    top: 0;
    bottom: 0;
    width: 8px;
    margin-left: -4px;
    border-radius: 2px;
  }
  .brushed .edge {
    border-inline: 3px solid transparent;
    background: var(--cuesheet-blue) padding-box;
  }
`;

const details = css`
  .details {
    width: 380px;
    border-left: 1px solid var(--cuesheet-line);
    background: var(--cuesheet-panel);
  }
  .details header {
    display: flex;
    align-items: flex-start;
    gap: 8px;
  }
  h2 {
    flex: 1;
    margin: 0;
    font-size: 15px;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  h3 {
    display: flex;
    justify-content: space-between;
    margin: 14px 0 4px;
  }
  .state {
    margin: 8px 0;
    overflow-wrap: anywhere;
  }
  .state svg {
    margin-right: 4px;
    vertical-align: -3px;
  }
  .state.in_progress svg {
    animation: spin 1.1s linear infinite;
  }
  .progress {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 10px;
  }
  .progress .bar {
    flex: 1 1 100px;
    height: 8px;
  }
  .progress .percent {
    margin: 0;
  }
  .actions,
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  dl {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 4px 12px;
    margin: 12px 0;
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .details button.link,
  .dependencies ol {
    overflow-wrap: anywhere;
  }
  .dependencies ol {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .dependencies li {
    padding-left: calc(var(--depth) * 14px);
  }
  .dependencies [aria-current] {
    color: var(--cuesheet-text);
    font-weight: 650;
  }
  .json {
    margin-bottom: 12px;
    font:
      12px/1.5 ui-monospace,
      monospace;
    overflow-wrap: anywhere;
  }
  .json ul {
    margin: 0;
    padding-left: 14px;
    list-style: none;
  }
  .json > ul {
    padding-left: 0;
  }
  .json .text {
    white-space: pre-wrap;
  }
  summary {
    cursor: pointer;
  }
  .key {
    color: var(--cuesheet-violet);
  }
  .literal {
    color: var(--cuesheet-blue);
  }
`;

const over = css`
  dialog {
    width: min(460px, calc(100vw - 32px));
    max-height: calc(100vh - 48px);
    padding: 18px;
    border: 1px solid var(--cuesheet-line);
    border-radius: 10px;
    background: var(--cuesheet-panel);
    color: var(--cuesheet-text);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 45%);
  }
  .buttons {
    justify-content: flex-end;
    margin-bottom: 0;
  }
  .primary {
    border-color: transparent;
    background: var(--cuesheet-blue);
    color: var(--cuesheet-panel);
  }
  .outbox ul {
    padding: 0;
    list-style: none;
  }
  .outbox li {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 8px 0;
    border-top: 1px solid var(--cuesheet-line);
  }
  .what {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .problem,
  .refused .what {
    color: var(--cuesheet-red);
  }
  kbd {
    padding: 1px 6px;
    border: 1px solid var(--cuesheet-line);
    border-radius: 4px;
    background: var(--cuesheet-raised);
    font: inherit;
  }
  .toasts {
    position: absolute;
    right: 14px;
    bottom: 14px;
    left: 14px;
    z-index: 5;
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 8px;
    pointer-events: none;
  }
  .toast {
    position: relative;
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 8px 14px;
    border: 1px solid var(--cuesheet-line);
    border-radius: 8px;
    background: var(--cuesheet-raised);
    box-shadow: 0 4px 14px rgb(0 0 0 / 30%);
    overflow: hidden;
    pointer-events: auto;
  }
  .timer {
    position: absolute;
    right: 0;
    bottom: 0;
    left: 0;
    height: 2px;
    background: var(--cuesheet-blue);
    transform-origin: left;
    animation: held 5s linear forwards;
  }
  @keyframes held {
    to {
      transform: scaleX(0);
    }
  }
`;

/** In a narrow viewer panels cover what is below them. */
const sheets = css`
  .narrow .facets,
  .narrow .details {
    position: absolute;
    inset: 0;
    z-index: 3;
    width: auto;
    border: 0;
  }
  .covered > :not(.body, .toasts, dialog) {
    display: none;
  }
  .narrow .edge-time {
    display: none;
  }
`;

export const panelStyles = [side, histogram, details, over, sheets];
