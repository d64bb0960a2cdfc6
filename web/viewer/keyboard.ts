/** The commands of keys, apart from moving in the table. */
export type KeyCommand = 'search' | 'help' | 'escape' | 'open' | 'delete';

/** The command of a key press; null = the focused element handles it. */
export function commandOf(event: KeyboardEvent): KeyCommand | null {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return null;
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement) || target.closest('dialog')) return null;
  if (event.key === 'Escape') return 'escape';
  if (target.matches('input:not([type=checkbox]), textarea, select') || target.isContentEditable) {
    return null;
  }
  if (event.key === '/') return 'search';
  if (event.key === '?') return 'help';
  const row = target.closest('tr[data-id]');
  if (row && event.key === 'Enter') return 'open';
  return row && event.key === 'Delete' ? 'delete' : null;
}
