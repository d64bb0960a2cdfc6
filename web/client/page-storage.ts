let asked: Promise<boolean> | null = null;

/** Asks the browser not to evict this origin, once in the life of a page: every call gets that answer. */
export function askToPersist(): Promise<boolean> {
  asked ??= ask();
  return asked;
}

async function ask(): Promise<boolean> {
  try {
    return (await (navigator.storage as StorageManager | undefined)?.persist()) ?? false;
  } catch {
    return false; // for example of an opaque origin
  }
}

/** Calls `hide` when the page is hidden or left. Returns the function that ends it. */
export function onHide(hide: () => void): () => void {
  const { document } = globalThis as { document?: Document };
  const changed = () => {
    if (document?.visibilityState === 'hidden') hide();
  };
  document?.addEventListener('visibilitychange', changed);
  // Before the page releases its worker (workers.ts), which listens without `capture`.
  globalThis.addEventListener?.('pagehide', hide, { capture: true });
  return () => {
    document?.removeEventListener('visibilitychange', changed);
    globalThis.removeEventListener?.('pagehide', hide, { capture: true });
  };
}
