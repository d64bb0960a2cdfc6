import { html, nothing, type TemplateResult } from 'lit';
import type { Words } from './words.ts';

/** How many entries of an object or a list, or characters of a text, are shown first. */
const MOST_ENTRIES = 200;
const MOST_CHARACTERS = 2000;
/** Levels that are open at first. */
const OPEN_LEVELS = 1;

/** A JSON value to fold and unfold; folded parts are not drawn. */
export class JsonTree {
  readonly #changed: () => void;
  /** Paths that the user has folded or unfolded. */
  #turned = new Set<string>();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Shows another value, folded as at first. */
  reset(): void {
    this.#turned.clear();
  }

  render(value: unknown, words: Words): TemplateResult {
    return html`<div class="json">${this.#renderEntries(value, '', 0, words)}</div>`;
  }

  #renderEntries(value: unknown, path: string, level: number, words: Words): TemplateResult {
    const entries = Object.entries(value as object);
    const left = entries.length - MOST_ENTRIES;
    return html`<ul>
      ${entries
        .slice(0, MOST_ENTRIES)
        .map(
          ([name, entry]) => html`<li>${this.#renderEntry(name, entry, path, level, words)}</li>`,
        )}
      ${left > 0 ? html`<li class="dim">${words('itemsLeft', { count: left })}</li>` : nothing}
    </ul>`;
  }

  #renderEntry(name: string, value: unknown, above: string, level: number, words: Words) {
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
      return html`<span class="key">${name}</span> ${renderLeaf(value, words)}`;
    }
    const path = `${above}/${name}`;
    const isOpen = level < OPEN_LEVELS !== this.#turned.has(path);
    const onToggle = (event: Event) => {
      if ((event.target as HTMLDetailsElement).open === isOpen) return;
      if (!this.#turned.delete(path)) this.#turned.add(path);
      this.#changed();
    };
    const size = Object.keys(value).length;
    return html`<details .open=${isOpen} @toggle=${onToggle}>
      <summary>
        <span class="key">${name}</span>
        <span class="dim">${Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
      </summary>
      ${isOpen ? this.#renderEntries(value, path, level + 1, words) : nothing}
    </details>`;
  }
}

function renderLeaf(value: unknown, words: Words): TemplateResult {
  if (typeof value !== 'string') {
    return html`<span class="literal">${JSON.stringify(value)}</span>`;
  }
  const left = value.length - MOST_CHARACTERS;
  return html`<span class="text">${value.slice(0, MOST_CHARACTERS)}</span>${
      left > 0 ? html` <span class="dim">${words('itemsLeft', { count: left })}</span>` : nothing
    }`;
}
