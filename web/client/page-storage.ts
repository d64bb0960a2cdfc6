let asked: Promise<boolean> | null = null;

/** Asks the browser not to evict this origin: once a page, everybody gets the one answer. */
export function askToPersist(): Promise<boolean> {
  asked ??= ask();
  return asked;
}

async function ask(): Promise<boolean> {
  try {
    return (await (navigator.storage as StorageManager | undefined)?.persist()) ?? false;
  } catch {
    return false; // an opaque origin, say
  }
}

/** Calls `hide` when the page goes out of sight or away. Returns the function that ends it. */
export function onHide(hide: () => void): () => void {
  const { document } = globalThis as { document?: Document };
  const changed = () => {
    if (document?.visibilityState === 'hidden') hide();
  };
  document?.addEventListener('visibilitychange', changed);
  globalThis.addEventListener?.('pagehide', hide);
  return () => {
    document?.removeEventListener('visibilitychange', changed);
    globalThis.removeEventListener?.('pagehide', hide);
  };
}
