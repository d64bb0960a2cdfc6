import { html, nothing, type TemplateResult } from 'lit';
import { type Action, type ActionKind, ACTIONS, MOST_EVENTS } from './actions.ts';
import type { StringKey } from './strings.ts';
import type { Words } from './words.ts';

/** An action to confirm: on one event, or on all that match. */
export interface Question {
  kind: ActionKind;
  /** Null = all that match. */
  ids: readonly string[] | null;
  /** The number of events; null = not counted yet. */
  count: number | null;
  /** Topic and description of the one event. */
  about: string;
}

/** Opens the dialogs of a rendering, which must be in the document first. They are children of the viewer. */
export function showDialogs(root: ParentNode): void {
  // called after every rendering, also while scrolling, so it does not search the rows
  for (const child of root.querySelector('.viewer')?.children ?? []) {
    if (child instanceof HTMLDialogElement && !child.open) child.showModal();
  }
}

/** Closes the dialog of a button, which fires `close` and returns the focus. */
export const closeDialog = (event: Event): void =>
  (event.currentTarget as HTMLElement).closest('dialog')?.close();

export interface QuestionView {
  words: Words;
  question: Question;
  confirm(): void;
  cancel(): void;
  /** Another action for all that match. */
  choose(kind: ActionKind): void;
}

/** Asks for a confirmation. */
export function renderQuestion(view: QuestionView): TemplateResult {
  const { words, question, confirm, cancel } = view;
  const { kind, ids, count, about } = question;
  const onConfirm = (event: Event) => {
    confirm();
    closeDialog(event);
  };
  const title = ids ? words(`ask.${kind}`) : words(`askAll.${kind}`, { count: count ?? '…' });
  return html`<dialog data-question aria-labelledby="question" @close=${cancel}>
    <h2 id="question">${title}</h2>
    ${ids ? html`<p>${about}</p>` : renderKinds(view)}
    ${count !== null && count > MOST_EVENTS ? html`<p>${words('askBound', { count: MOST_EVENTS })}</p>` : nothing}
    <p class="dim">${words(count === 0 ? 'askNothing' : 'askHint')}</p>
    <p class="buttons">
      <button data-cancel @click=${closeDialog}>${words('cancel')}</button>
      <button class="primary" data-confirm ?disabled=${!count} @click=${onConfirm}>
        ${words(kind as StringKey)}
      </button>
    </p>
  </dialog>`;
}

function renderKinds({ words, question, choose }: QuestionView): TemplateResult {
  return html`<p class="buttons" role="group">
    ${ACTIONS.map(
      (kind) =>
        html`<button
          data-kind=${kind}
          aria-pressed=${kind === question.kind}
          @click=${() => choose(kind)}
        >
          ${words(kind as StringKey)}
        </button>`,
    )}
  </p>`;
}

export interface ToastsView {
  words: Words;
  actions: readonly Action[];
  undo(action: Action): void;
  dismiss(action: Action): void;
}

/** The actions that are held, under way or just done. */
export function renderToasts(view: ToastsView): TemplateResult {
  return html`<div class="toasts" role="status">
    ${view.actions.map((action) => renderToast(action, view))}
  </div>`;
}

function renderToast(action: Action, { words, undo, dismiss }: ToastsView): TemplateResult {
  const { kind, state, refused, reason, queued, ids } = action;
  const canUndo = state === 'held' || (state === 'done' && queued > 0);
  return html`<div class="toast" data-action-state=${state}>
    <span>
      ${toastText(action, words)}
      ${refused > 0 ? html`<b>${words('refusedOf', { count: refused, reason })}</b>` : nothing}
    </span>
    ${canUndo ? html`<button data-undo @click=${() => undo(action)}>${words('undo')}</button>` : nothing}
    ${
      state === 'done' || state === 'undone'
        ? html`<button class="link" data-dismiss @click=${() => dismiss(action)}>
            ${words('dismiss')}
          </button>`
        : nothing
    }
    ${state === 'held' ? html`<i class="timer" data-kind=${kind} data-count=${ids.length}></i>` : nothing}
  </div>`;
}

function toastText({ kind, state, ids, refused, queued }: Action, words: Words): string {
  if (state === 'undone') return words('undone');
  if (state !== 'done') return words(`held.${kind}`, { count: ids.length });
  if (queued > 0) return words(`queued.${kind}`, { count: queued });
  return refused === ids.length ? '' : words(`done.${kind}`, { count: ids.length - refused });
}

const KEYS: readonly [keys: string, what: StringKey][] = [
  ['↑ ↓', 'key.arrows'],
  ['PageUp PageDown', 'key.pages'],
  ['Home End', 'key.ends'],
  ['Enter', 'key.enter'],
  ['Escape', 'key.escape'],
  ['/', 'key.slash'],
  ['Delete', 'key.delete'],
  ['?', 'key.help'],
];

/** What the keys do. */
export function renderHelp(words: Words, close: () => void): TemplateResult {
  return html`<dialog data-help aria-labelledby="help" @close=${close}>
    <h2 id="help">${words('help')}</h2>
    <dl class="keys">
      ${KEYS.map(
        ([keys, what]) =>
          html`<dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</dt>
            <dd>${words(what)}</dd>`,
      )}
    </dl>
    <p class="buttons"><button data-close @click=${closeDialog}>${words('close')}</button></p>
  </dialog>`;
}
