import { css } from 'lit';

/** Colours and sizes; every `--cuesheet-` property may be set from outside. Dark and light by system. */
export const themeStyles = css`
  :host {
    color-scheme: light dark;
    --cuesheet-background: light-dark(#f4f6f8, #16191d);
    --cuesheet-panel: light-dark(#ffffff, #1c2026);
    --cuesheet-raised: light-dark(#eef1f4, #272d35);
    --cuesheet-line: light-dark(#e2e6eb, #2b323b);
    --cuesheet-text: light-dark(#1b2128, #e3e8ee);
    --cuesheet-dim: light-dark(#57626f, #93a0ae);
    --cuesheet-brand: light-dark(#0a8f84, #0fb5a6);
    --cuesheet-blue: light-dark(#0b66c3, #62b0ff);
    --cuesheet-green: light-dark(#177a52, #4fcb97);
    --cuesheet-red: light-dark(#b3261e, #ff8577);
    --cuesheet-amber: light-dark(#8a5a00, #f0be52);
    --cuesheet-violet: light-dark(#6a41b8, #b79cff);
    display: block;
    box-sizing: border-box;
    height: 100%;
    min-width: 0;
    background: var(--cuesheet-background);
    color: var(--cuesheet-text);
    font:
      13px/1.45 'Nunito Sans',
      system-ui,
      'Noto Sans',
      sans-serif;
  }
  * {
    box-sizing: border-box;
  }
  .viewer {
    position: relative;
    display: flex;
    flex-direction: column;
    height: 100%;
    min-height: 0;
  }
  svg {
    flex: none;
    width: 16px;
    height: 16px;
  }
  .solid {
    fill: currentColor;
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
    stroke: var(--cuesheet-panel);
    stroke-width: 1.9;
  }
  .dashed {
    stroke-dasharray: 2.4;
  }
  .faint {
    opacity: 0.28;
  }
  @keyframes spin {
    to {
      transform: rotate(360deg);
    }
  }
  :focus-visible {
    outline: 2px solid var(--cuesheet-blue);
    outline-offset: 1px;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
    }
  }
`;
