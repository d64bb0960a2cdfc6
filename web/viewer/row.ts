import { html, nothing, render, type TemplateResult } from 'lit';
import { styleMap } from 'lit/directives/style-map.js';
import type { EventRow } from '../client/index.ts';
import { progressOf, splitTopic } from './format.ts';
import { QUEUED_SHAPE, STATUS_STROKES } from './icons.ts';
import type { Words } from './words.ts';

/** How a row is shown. */
export interface RowLook {
  now: number;
  /** The Tab key reaches the row. */
  tabbable: boolean;
  /** Its details are open. */
  selected: boolean;
  /** The selected event depends on it. */
  parent: boolean;
  /** A local write of it waits for the server. */
  queued: boolean;
  words: Words;
}

/**
 * The element of a row: shows one event after the other, or a skeleton. It writes only what differs,
 * because a scrolled table has no time for more.
 */
export class Row {
  readonly element: HTMLElement;
  /** Names the event that it shows. */
  key = '';

  readonly #icon: Element;
  readonly #strokes: Element[];
  readonly #label: HTMLElement;
  readonly #bar: HTMLElement;
  readonly #stem: Text;
  readonly #leaf: Text;
  readonly #mark: HTMLElement;
  readonly #description: Text;
  readonly #project: Text;
  readonly #user: Text;
  readonly #time: HTMLElement;
  readonly #age: Text;
  #event: EventRow | null = null;
  #look: RowLook | null = null;
  #index = -1;

  constructor() {
    const fragment = document.createDocumentFragment();
    render(renderEmptyRow(), fragment);
    const find = (selector: string) => fragment.querySelector<HTMLElement>(selector) as HTMLElement;
    const textOf = (selector: string) => find(selector).appendChild(new Text());
    this.element = find('tr');
    this.#icon = find('svg');
    this.#strokes = [...this.#icon.children];
    this.#label = find('.label');
    this.#bar = find('.meter');
    this.#stem = textOf('.stem');
    this.#leaf = textOf('.leaf');
    this.#mark = find('.marks');
    this.#description = textOf('.description');
    this.#project = textOf('.project');
    this.#user = textOf('.user');
    this.#time = find('time');
    this.#age = textOf('time');
  }

  /** Shows the event at this place among all matches, from 0. */
  show(event: EventRow, index: number, look: RowLook): void {
    const { element } = this;
    const old = this.#event;
    if (this.#index !== index || !old) {
      element.setAttribute('aria-rowindex', String(index + 2));
      element.dataset['index'] = String(index);
    }
    this.#index = index;
    if (old === event && isAlike(this.#look, look)) return;
    this.#event = event;
    this.#look = look;
    if (!old) {
      element.removeAttribute('aria-busy');
      element.removeAttribute('aria-label');
    }
    setAttribute(element, 'data-id', event.id);
    setAttribute(element, 'tabindex', look.tabbable ? '0' : '-1');
    setAttribute(element, 'aria-current', look.selected ? 'true' : null);
    const tints = `${event.status}${tintOf(event.topic)}${look.parent ? ' parent' : ''}`;
    setAttribute(element, 'class', tints);
    this.#showStatus(event, look.words);
    this.#showTexts(event);
    this.#showMark(look);
    setAttribute(this.#time, 'datetime', event.createdAt);
    setText(this.#age, look.words.age(event.createdAt, look.now));
  }

  /** Shows a skeleton for the event at this place. */
  wait(index: number, words: Words): void {
    const { element } = this;
    if (this.#index !== index) element.setAttribute('aria-rowindex', String(index + 2));
    this.#index = index;
    if (element.className === 'waiting') return;
    this.#event = this.#look = null;
    for (const name of ['data-id', 'data-index', 'tabindex', 'aria-current']) {
      element.removeAttribute(name);
    }
    // The old content stays inside: the style hides it, and it is soon overwritten.
    element.className = 'waiting';
    element.setAttribute('aria-busy', 'true');
    element.setAttribute('aria-label', words('loadingRow'));
  }

  #showStatus(event: EventRow, words: Words): void {
    const label = words(`status.${event.status}`);
    const progress = progressOf(event);
    setAttribute(this.#icon, 'aria-label', label);
    STATUS_STROKES[event.status].forEach(({ look, path }, place) => {
      const stroke = this.#strokes[place] as Element;
      setAttribute(stroke, 'class', look);
      setAttribute(stroke, 'd', path);
    });
    setText(this.#label, progress === null ? label : '');
    render(progress === null ? nothing : renderBar(label, progress), this.#bar);
  }

  #showTexts(event: EventRow): void {
    const [stem, leaf] = splitTopic(event.topic);
    setText(this.#stem, stem);
    setText(this.#leaf, leaf);
    setText(this.#description, event.description);
    setText(this.#project, event.project ?? '');
    setText(this.#user, event.user ?? '');
  }

  #showMark({ queued, words }: RowLook): void {
    render(queued ? renderMark(words) : nothing, this.#mark);
  }
}

/** The full text of a cell, shown under the pointer. */
export function titleOf(cell: HTMLElement, words: Words): string {
  const time = cell.querySelector('time')?.dateTime;
  if (time) return words.time(time);
  const icon = cell.querySelector('.status > svg');
  return icon?.getAttribute('aria-label') ?? cell.textContent.trim();
}

function setAttribute(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

function isAlike(a: RowLook | null, b: RowLook): boolean {
  return (
    a?.now === b.now &&
    a.tabbable === b.tabbable &&
    a.selected === b.selected &&
    a.parent === b.parent &&
    a.queued === b.queued &&
    a.words === b.words
  );
}

function renderEmptyRow(): TemplateResult {
  return html`<tr role="row">
    <td role="cell" class="status">
      <svg viewBox="0 0 16 16" role="img">
        <path />
        <path />
      </svg>
      <span class="label" aria-hidden="true"></span><span class="meter"></span>
    </td>
    <td role="cell" class="topic"><span class="stem"></span><span class="leaf"></span></td>
    <td role="cell" class="description"><span class="marks"></span></td>
    <td role="cell" class="project"></td>
    <td role="cell" class="user"></td>
    <td role="cell" class="age"><time></time></td>
  </tr>`;
}

/** A bar of this percentage. */
export function renderBar(label: string, progress: number): TemplateResult {
  const percent = Math.round(progress);
  return html`<span
      class="bar"
      role="progressbar"
      aria-label=${label}
      aria-valuenow=${percent}
      aria-valuemin="0"
      aria-valuemax="100"
      ><span style=${styleMap({ width: `${progress}%` })}></span></span
    ><span class="percent">${percent}%</span>`;
}

function renderMark(words: Words): TemplateResult {
  const label = words('queued');
  return html`<svg class="mark" viewBox="0 0 16 16" role="img" aria-label=${label}>
    <title>${label}</title>
    ${QUEUED_SHAPE}
  </svg>`;
}

/** Log events have the colour of their level, as on AYON's own page. */
function tintOf(topic: string): string {
  if (topic === 'log.error') return ' error';
  return topic === 'log.warning' ? ' warning' : '';
}
