import { css } from 'lit';
import { panelStyles } from './panel-styles.ts';
import { tableStyles } from './table-styles.ts';
import { themeStyles } from './theme.ts';

const header = css`
  .viewer > header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 14px;
    padding: 9px 14px;
    background: var(--cuesheet-panel);
    border-bottom: 1px solid var(--cuesheet-line);
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
    color: var(--cuesheet-dim);
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
    border: 1px solid var(--cuesheet-line);
    border-radius: 6px;
    background: var(--cuesheet-background);
    color: var(--cuesheet-text);
    font: inherit;
  }
  .switch {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    color: var(--cuesheet-dim);
    cursor: pointer;
  }
  .switch input {
    width: 15px;
    height: 15px;
    margin: 0;
    accent-color: var(--cuesheet-blue);
  }
  .spacer {
    flex: 1;
  }
  .count {
    color: var(--cuesheet-dim);
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .count b {
    color: var(--cuesheet-text);
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
    color: var(--cuesheet-green);
  }
  .busy {
    color: var(--cuesheet-blue);
  }
  .bad {
    color: var(--cuesheet-amber);
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
    border-bottom: 1px solid var(--cuesheet-line);
    background: var(--cuesheet-raised);
  }
  .note.warning {
    background: color-mix(in srgb, var(--cuesheet-amber) 14%, var(--cuesheet-panel));
  }
`;

const states = css`
  .empty {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 8px;
    padding: 14vh 20px 20px;
    color: var(--cuesheet-dim);
    text-align: center;
  }
  .empty b {
    color: var(--cuesheet-text);
    font-size: 15px;
    font-weight: 600;
  }
  button {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    height: 30px;
    padding: 0 14px;
    border: 1px solid var(--cuesheet-line);
    border-radius: 6px;
    background: var(--cuesheet-raised);
    color: var(--cuesheet-text);
    font: inherit;
    font-weight: 500;
    cursor: pointer;
  }
  button:hover {
    border-color: var(--cuesheet-dim);
  }
  button:disabled {
    opacity: 0.55;
    cursor: default;
  }
  button.icon {
    justify-content: center;
    width: 30px;
    padding: 0;
    background: none;
    color: var(--cuesheet-dim);
  }
  button[aria-pressed='true'],
  button[aria-expanded='true'] {
    border-color: var(--cuesheet-blue);
    color: var(--cuesheet-blue);
  }
  button svg {
    width: 14px;
    height: 14px;
  }
  .skeleton i {
    display: block;
    height: 30px;
    border-bottom: 1px solid var(--cuesheet-line);
    background: linear-gradient(90deg, var(--cuesheet-raised), var(--cuesheet-panel)) 14px 50% / 62%
      9px no-repeat;
    animation: pulse 1.4s ease-in-out infinite alternate;
  }
  @keyframes pulse {
    to {
      opacity: 0.45;
    }
  }
`;

const narrow = css`
  .narrow .search {
    max-width: none;
  }
  .narrow .switch {
    order: 1;
  }
  .narrow button.icon {
    order: 1;
  }
  .narrow .spacer {
    display: none;
  }
  .narrow .count {
    order: 2;
    flex: 1;
  }
  .narrow .states {
    order: 3;
  }
`;

export const viewerStyles = [themeStyles, header, states, tableStyles, panelStyles, narrow];
