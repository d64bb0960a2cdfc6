import { css } from 'lit';

/** Colours and sizes; every `--cs-` property may be set from outside. Dark and light by system. */
const theme = css`
  :host {
    color-scheme: light dark;
    --cs-background: light-dark(#f4f6f8, #16191d);
    --cs-panel: light-dark(#ffffff, #1c2026);
    --cs-raised: light-dark(#eef1f4, #272d35);
    --cs-line: light-dark(#e2e6eb, #2b323b);
    --cs-text: light-dark(#1b2128, #e3e8ee);
    --cs-dim: light-dark(#57626f, #93a0ae);
    --cs-brand: light-dark(#0a8f84, #0fb5a6);
    --cs-blue: light-dark(#0b66c3, #62b0ff);
    --cs-green: light-dark(#177a52, #4fcb97);
    --cs-red: light-dark(#b3261e, #ff8577);
    --cs-amber: light-dark(#8a5a00, #f0be52);
    --cs-violet: light-dark(#6a41b8, #b79cff);
    display: flex;
    flex-direction: column;
    box-sizing: border-box;
    height: 100%;
    min-width: 0;
    background: var(--cs-background);
    color: var(--cs-text);
    font:
      13px/1.45 'Nunito Sans',
      system-ui,
      'Noto Sans',
      sans-serif;
  }
  * {
    box-sizing: border-box;
  }
  svg {
    flex: none;
    width: 16px;
    height: 16px;
  }
  .line,
  .cut {
    fill: none;
    stroke: currentColor;
    stroke-width: 1.7;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .cut {
    stroke: var(--cs-panel);
    stroke-width: 1.9;
  }
  .faint {
    opacity: 0.28;
  }
  .spin {
    transform-origin: 8px 8px;
    animation: spin 1.1s linear infinite;
  }
  @keyframes spin {
    to {
      transform: rotate(360deg);
    }
  }
  :focus-visible {
    outline: 2px solid var(--cs-blue);
    outline-offset: 1px;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
    }
  }
`;

const header = css`
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 14px;
    padding: 9px 14px;
    background: var(--cs-panel);
    border-bottom: 1px solid var(--cs-line);
  }
  h1 {
    display: flex;
    align-items: center;
    gap: 9px;
    margin: 0 6px 0 0;
    font-size: 15px;
    font-weight: 650;
  }
  h1 svg {
    width: 20px;
    height: 20px;
  }
  .search {
    position: relative;
    flex: 1 1 150px;
    max-width: 360px;
    color: var(--cs-dim);
  }
  .search svg {
    position: absolute;
    top: 8px;
    left: 9px;
    width: 14px;
    height: 14px;
  }
  input[type='search'] {
    width: 100%;
    height: 30px;
    padding: 0 8px 0 30px;
    border: 1px solid var(--cs-line);
    border-radius: 6px;
    background: var(--cs-background);
    color: var(--cs-text);
    font: inherit;
  }
  .switch {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    color: var(--cs-dim);
    cursor: pointer;
  }
  .switch input {
    width: 15px;
    height: 15px;
    margin: 0;
    accent-color: var(--cs-blue);
  }
  .spacer {
    flex: 1;
  }
  .count {
    color: var(--cs-dim);
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .count b {
    color: var(--cs-text);
    font-weight: 600;
  }
  .states {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .pill {
    display: inline-flex;
    align-items: center;
    gap: 7px;
    height: 24px;
    padding: 0 10px 0 8px;
    border-radius: 12px;
    background: color-mix(in srgb, currentColor 11%, transparent);
    font-weight: 500;
    white-space: nowrap;
  }
  .good {
    color: var(--cs-green);
  }
  .busy {
    color: var(--cs-blue);
  }
  .bad {
    color: var(--cs-amber);
  }
  .dot {
    width: 9px;
    height: 9px;
    border: 2px solid currentColor;
    border-radius: 50%;
  }
  .good .dot {
    background: currentColor;
  }
  .busy .dot {
    border-right-color: transparent;
    animation: spin 0.9s linear infinite;
  }
  .bad .dot {
    border-radius: 2px;
    transform: rotate(45deg);
  }
  .note {
    margin: 0;
    padding: 8px 14px;
    border-bottom: 1px solid var(--cs-line);
    background: var(--cs-raised);
  }
  .note.warning {
    background: color-mix(in srgb, var(--cs-amber) 14%, var(--cs-panel));
  }
`;

const table = css`
  main {
    flex: 1;
    overflow: auto;
    min-height: 0;
  }
  table {
    width: 100%;
    border-collapse: separate;
    border-spacing: 0;
    table-layout: fixed;
  }
  th {
    position: sticky;
    top: 0;
    z-index: 1;
    height: 30px;
    padding: 0 10px;
    background: var(--cs-background);
    border-bottom: 1px solid var(--cs-line);
    color: var(--cs-dim);
    font-size: 12px;
    font-weight: 500;
    text-align: left;
  }
  td {
    height: 30px;
    padding: 0 10px;
    background: var(--row, var(--cs-panel));
    border-bottom: 1px solid var(--cs-line);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  th:first-child,
  td:first-child {
    padding-left: 14px;
  }
  tr.error {
    --row: color-mix(in srgb, var(--cs-red) 9%, var(--cs-panel));
  }
  tr.warning {
    --row: color-mix(in srgb, var(--cs-amber) 8%, var(--cs-panel));
  }
  tbody tr:hover {
    --row: var(--cs-raised);
  }
  tbody tr:focus-visible {
    --row: var(--cs-raised);
    outline-offset: -2px;
  }
  .status {
    width: 166px;
  }
  td.status {
    color: var(--cs-dim);
  }
  td.status svg {
    vertical-align: -3.5px;
    margin-right: 9px;
  }
  .topic {
    width: 23%;
  }
  .stem,
  .project,
  .user,
  .age {
    color: var(--cs-dim);
  }
  .project {
    width: 13%;
  }
  .user {
    width: 10%;
  }
  .age {
    width: 74px;
    font-variant-numeric: tabular-nums;
  }
  .finished svg {
    color: var(--cs-green);
  }
  .failed svg {
    color: var(--cs-red);
  }
  .in_progress svg {
    color: var(--cs-blue);
  }
  .pending svg {
    color: var(--cs-amber);
  }
  .restarted svg {
    color: var(--cs-violet);
  }
  .bar {
    display: inline-block;
    width: 58px;
    height: 6px;
    border-radius: 3px;
    background: color-mix(in srgb, var(--cs-blue) 22%, transparent);
    overflow: hidden;
    vertical-align: 1.5px;
  }
  .bar span {
    display: block;
    height: 100%;
    border-radius: 3px;
    background: var(--cs-blue);
    transition: width 0.25s linear;
  }
  .percent {
    margin-left: 8px;
    color: var(--cs-text);
    font-variant-numeric: tabular-nums;
  }
`;

const states = css`
  .empty {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 8px;
    padding: 14vh 20px 20px;
    color: var(--cs-dim);
    text-align: center;
  }
  .empty b {
    color: var(--cs-text);
    font-size: 15px;
    font-weight: 600;
  }
  .more {
    margin: 0;
    padding: 14px;
    text-align: center;
  }
  button {
    height: 30px;
    margin-top: 4px;
    padding: 0 14px;
    border: 1px solid var(--cs-line);
    border-radius: 6px;
    background: var(--cs-raised);
    color: var(--cs-text);
    font: inherit;
    font-weight: 500;
    cursor: pointer;
  }
  button:hover {
    border-color: var(--cs-dim);
  }
  .skeleton i {
    display: block;
    height: 30px;
    border-bottom: 1px solid var(--cs-line);
    background: linear-gradient(90deg, var(--cs-raised), var(--cs-panel)) 14px 50% / 62% 9px
      no-repeat;
    animation: pulse 1.4s ease-in-out infinite alternate;
  }
  @keyframes pulse {
    to {
      opacity: 0.45;
    }
  }
`;

/** Below 760 px a row is two lines: topic and age, then description and what belongs to it. */
const narrow = css`
  @media (max-width: 760px) {
    .switch {
      order: 1;
    }
    .search {
      max-width: none;
    }
    .spacer {
      display: none;
    }
    .count {
      order: 2;
      flex: 1;
    }
    .states {
      order: 3;
    }
    thead {
      position: absolute;
      clip-path: inset(50%);
    }
    table,
    tbody {
      display: block;
    }
    tbody tr {
      display: grid;
      grid-template: 'status topic age' auto 'status description description' auto / auto 1fr auto;
      column-gap: 10px;
      padding: 6px 14px;
      background: var(--row, var(--cs-panel));
      border-bottom: 1px solid var(--cs-line);
    }
    td,
    td:first-child {
      width: auto;
      height: auto;
      padding: 0;
      border: 0;
      background: none;
    }
    td.status {
      grid-area: status;
      align-self: center;
      display: flex;
      flex-direction: column;
      align-items: center;
      justify-content: center;
      gap: 5px;
      width: 34px;
    }
    td.status svg {
      margin: 0;
    }
    td.topic {
      grid-area: topic;
      width: auto;
    }
    td.age {
      grid-area: age;
      width: auto;
    }
    td.description {
      grid-area: description;
      color: var(--cs-dim);
    }
    td.project,
    td.user,
    .label {
      display: none;
    }
    .bar {
      width: 34px;
      height: 4px;
    }
    .percent {
      margin: -3px 0 -3px;
      font-size: 11px;
    }
  }
`;

export const viewerStyles = [theme, header, table, states, narrow];
