import { css } from 'lit';

/** Themable by custom properties; dark and light by system setting. */
export const viewerStyles = css`
  :host {
    color-scheme: light dark;
    --cs-background: light-dark(#f4f5f7, #1b2026);
    --cs-panel: light-dark(#ffffff, #242a32);
    --cs-line: light-dark(#dfe3e8, #333b45);
    --cs-text: light-dark(#1c2229, #e2e6eb);
    --cs-dim: light-dark(#5b6673, #98a3b0);
    --cs-accent: light-dark(#0b6bcb, #6cb6ff);
    --cs-good: light-dark(#1a7f4b, #5fd39a);
    --cs-bad: light-dark(#b3261e, #ff8a80);
    --cs-warn: light-dark(#8a5a00, #f2c14e);
    display: flex;
    flex-direction: column;
    height: 100%;
    min-width: 0;
    background: var(--cs-background);
    color: var(--cs-text);
    font: 13px/1.4 system-ui, 'Noto Sans', sans-serif;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 16px;
    padding: 10px 14px;
    border-bottom: 1px solid var(--cs-line);
  }
  h1 {
    margin: 0 4px 0 0;
    font-size: 15px;
    font-weight: 600;
  }
  input[type='search'] {
    flex: 1 1 160px;
    max-width: 360px;
    padding: 5px 9px;
    border: 1px solid var(--cs-line);
    border-radius: 5px;
    background: var(--cs-panel);
    color: inherit;
    font: inherit;
  }
  label {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    color: var(--cs-dim);
  }
  .state {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    color: var(--cs-dim);
    white-space: nowrap;
  }
  .state::before {
    content: '';
    width: 8px;
    height: 8px;
    border: 2px solid currentColor;
    border-radius: 50%;
    box-sizing: border-box;
  }
  .state.good {
    color: var(--cs-good);
  }
  .state.good::before {
    background: currentColor;
  }
  .state.bad {
    color: var(--cs-warn);
  }
  .spacer {
    flex: 1;
  }
  .note {
    padding: 8px 14px;
    border-bottom: 1px solid var(--cs-line);
    background: color-mix(in srgb, var(--cs-warn) 12%, var(--cs-panel));
  }
  main {
    flex: 1;
    overflow: auto;
    min-height: 0;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    table-layout: fixed;
    background: var(--cs-panel);
  }
  th {
    position: sticky;
    top: 0;
    z-index: 1;
    padding: 6px 10px;
    background: var(--cs-background);
    border-bottom: 1px solid var(--cs-line);
    color: var(--cs-dim);
    font-weight: 500;
    text-align: left;
  }
  td {
    padding: 5px 10px;
    border-bottom: 1px solid var(--cs-line);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  tbody tr:hover td {
    background: color-mix(in srgb, var(--cs-accent) 7%, var(--cs-panel));
  }
  tbody tr:focus-visible {
    outline: 2px solid var(--cs-accent);
    outline-offset: -2px;
  }
  .status {
    width: 128px;
  }
  .topic {
    width: 24%;
  }
  .project {
    width: 12%;
  }
  .user {
    width: 9%;
  }
  .age {
    width: 68px;
    color: var(--cs-dim);
    font-variant-numeric: tabular-nums;
  }
  .icon {
    display: inline-block;
    width: 18px;
    font-weight: 700;
    text-align: center;
  }
  .finished .icon {
    color: var(--cs-good);
  }
  .failed .icon,
  .aborted .icon {
    color: var(--cs-bad);
  }
  .pending .icon,
  .restarted .icon {
    color: var(--cs-warn);
  }
  .in_progress .icon {
    color: var(--cs-accent);
  }
  .bar {
    display: inline-block;
    width: 62px;
    height: 7px;
    margin-right: 6px;
    border-radius: 4px;
    background: var(--cs-line);
    overflow: hidden;
    vertical-align: middle;
  }
  .bar span {
    display: block;
    height: 100%;
    background: var(--cs-accent);
    transition: width 0.25s linear;
  }
  .empty,
  .more {
    padding: 18px;
    color: var(--cs-dim);
    text-align: center;
  }
  button {
    padding: 5px 14px;
    border: 1px solid var(--cs-line);
    border-radius: 5px;
    background: var(--cs-panel);
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
  @media (max-width: 760px) {
    .project,
    .user {
      display: none;
    }
    .status {
      width: 44px;
    }
    .status .label,
    .bar {
      display: none;
    }
    .topic {
      width: 38%;
    }
    td,
    th {
      padding-inline: 7px;
    }
    .age {
      width: 52px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .bar span {
      transition: none;
    }
  }
`;
