import { css } from 'lit';

const columns = css`
  .stage {
    position: relative;
    display: flex;
    flex: 1;
    min-width: 0;
    min-height: 0;
  }
  main {
    flex: 1;
    overflow: auto;
    overflow-anchor: none;
    contain: strict;
    min-width: 0;
    outline-offset: -2px;
  }
  table,
  thead,
  tbody {
    display: block;
  }
  table {
    position: relative;
    height: calc(var(--rows) + 31px);
    overflow: clip;
  }
  /* Rows inherit these, so browsers would compute all of them again whenever their parent moves. */
  tr,
  td {
    border-color: currentcolor;
    vertical-align: baseline;
  }
  tr {
    display: grid;
    grid-template-columns:
      166px minmax(0, 23fr) minmax(0, 44fr) minmax(0, 13fr)
      minmax(0, 11fr) 82px;
    height: var(--row-height);
  }
  thead {
    position: sticky;
    top: 0;
    z-index: 1;
    border-bottom: 1px solid var(--cuesheet-line);
  }
  th {
    padding: 0 10px;
    background: var(--cuesheet-background);
    color: var(--cuesheet-dim);
    font-size: 12px;
    font-weight: 500;
    line-height: 30px;
    text-align: left;
  }
  thead tr {
    height: 30px;
  }
  tbody {
    position: absolute;
    top: 31px;
    right: 0;
    left: 0;
    will-change: transform;
  }
  td {
    padding: 0 10px;
    background: var(--row, var(--cuesheet-panel));
    border-bottom: 1px solid var(--cuesheet-line);
    min-width: 0;
    overflow: clip;
    line-height: calc(var(--row-height) - 1px);
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  th:first-child,
  td:first-child {
    padding-left: 14px;
  }
`;

const rows = css`
  tbody tr {
    contain: strict;
    cursor: pointer;
  }
  tr.error {
    --row: color-mix(in srgb, var(--cuesheet-red) 9%, var(--cuesheet-panel));
  }
  tr.warning {
    --row: color-mix(in srgb, var(--cuesheet-amber) 8%, var(--cuesheet-panel));
  }
  tr.parent td:first-child {
    box-shadow: inset 3px 0 var(--cuesheet-violet);
  }
  tbody tr:hover,
  tbody tr:focus-visible {
    --row: var(--cuesheet-raised);
  }
  tbody tr:focus-visible {
    outline-offset: -2px;
  }
  tr[aria-current] {
    --row: color-mix(in srgb, var(--cuesheet-blue) 15%, var(--cuesheet-panel));
  }
  tr[aria-current] td:first-child {
    box-shadow: inset 3px 0 var(--cuesheet-blue);
  }
  /* Its cells are left out; browsers that cannot do that hide what they say. */
  tbody tr.waiting.waiting {
    content-visibility: hidden;
    background:
      linear-gradient(var(--cuesheet-raised) 0 0) 14px 50% / 62% 9px no-repeat,
      var(--cuesheet-panel);
    box-shadow: inset 0 -1px var(--cuesheet-line);
    cursor: default;
  }
  @supports not (content-visibility: hidden) {
    tr.waiting td {
      visibility: hidden;
    }
  }
  td.status {
    color: var(--cuesheet-dim);
  }
  td.status svg {
    vertical-align: -3.5px;
    margin-right: 9px;
  }
  /* The whole of it, so that it turns without the page's thread. */
  .in_progress td.status svg {
    animation: spin 1.1s linear infinite;
  }
  .meter,
  .marks {
    display: contents;
  }
  .mark {
    width: 13px;
    height: 13px;
    margin-right: 6px;
    vertical-align: -2px;
    color: var(--cuesheet-amber);
  }
  /* Of a long topic the end says more than the beginning. */
  td.topic,
  .name.topic {
    display: flex;
  }
  .stem {
    flex: 0 1 auto;
    min-width: 0;
    overflow: clip;
    text-overflow: ellipsis;
  }
  .leaf {
    flex: none;
    max-width: 100%;
    overflow: clip;
    text-overflow: ellipsis;
  }
  .stem,
  .project,
  .user,
  .age {
    color: var(--cuesheet-dim);
  }
  .age {
    font-variant-numeric: tabular-nums;
  }
  .finished svg {
    color: var(--cuesheet-green);
  }
  .failed svg {
    color: var(--cuesheet-red);
  }
  .in_progress svg {
    color: var(--cuesheet-blue);
  }
  .pending svg,
  td .mark.mark {
    color: var(--cuesheet-amber);
  }
  .restarted svg {
    color: var(--cuesheet-violet);
  }
`;

/** Also the look of `<cuesheet-progress>`. */
export const barStyles = css`
  .bar {
    display: inline-block;
    width: 58px;
    height: 6px;
    border-radius: 3px;
    background: color-mix(in srgb, var(--cuesheet-blue) 22%, transparent);
    overflow: hidden;
    vertical-align: 1.5px;
  }
  .bar span {
    display: block;
    height: 100%;
    border-radius: 3px;
    background: var(--cuesheet-blue);
    transition: width 0.25s linear;
  }
  .percent {
    margin-left: 8px;
    color: var(--cuesheet-text);
    font-variant-numeric: tabular-nums;
  }
`;

const chip = css`
  .chip {
    position: absolute;
    top: 40px;
    left: 50%;
    z-index: 2;
    display: inline-flex;
    align-items: center;
    gap: 6px;
    transform: translateX(-50%);
    margin: 0;
    border-color: transparent;
    border-radius: 15px;
    background: var(--cuesheet-blue);
    color: var(--cuesheet-panel);
    box-shadow: 0 2px 8px rgb(0 0 0 / 30%);
  }
  .chip svg {
    width: 13px;
    height: 13px;
  }
`;

/** A narrow table has rows of two lines: topic and age, then the description. */
const compact = css`
  .compact thead {
    position: absolute;
    clip-path: inset(50%);
  }
  .compact .chip {
    top: 10px;
  }
  .compact table {
    height: var(--rows);
  }
  .compact tbody {
    top: 0;
  }
  .compact tbody tr {
    grid-template:
      'status topic age' auto 'status description description' auto / 34px minmax(0, 1fr)
      auto;
    column-gap: 10px;
    align-content: center;
    padding: 0 14px;
    background: var(--row, var(--cuesheet-panel));
    border-bottom: 1px solid var(--cuesheet-line);
  }
  .compact td,
  .compact td:first-child {
    padding: 0;
    border: 0;
    background: none;
    line-height: 1.45;
  }
  .compact tr.parent,
  .compact tr[aria-current] {
    box-shadow: inset 3px 0 var(--cuesheet-violet);
  }
  .compact tr[aria-current] {
    box-shadow: inset 3px 0 var(--cuesheet-blue);
  }
  .compact td.status.status {
    grid-area: status;
    align-self: center;
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 5px;
    box-shadow: none;
  }
  .compact td.status svg {
    margin: 0;
  }
  .compact td.topic {
    grid-area: topic;
  }
  .compact td.age {
    grid-area: age;
  }
  .compact td.description {
    grid-area: description;
    color: var(--cuesheet-dim);
  }
  .compact td.project,
  .compact td.user,
  .compact .label {
    display: none;
  }
  .compact td .bar {
    width: 34px;
    height: 4px;
  }
  .compact td .percent {
    margin: -3px 0 -3px;
    font-size: 11px;
  }
`;

export const tableStyles = [columns, rows, barStyles, chip, compact];
