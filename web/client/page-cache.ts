/**
 * Calls `leave` when the browser may keep this page in its back/forward cache, and `comeBack` when the page is
 * restored from there. Returns the function that ends it.
 */
export function onPageCache(leave: () => void, comeBack: () => void): () => void {
  const hidden = ({ persisted }: PageTransitionEvent) => void (persisted && leave());
  const shown = ({ persisted }: PageTransitionEvent) => void (persisted && comeBack());
  globalThis.addEventListener?.('pagehide', hidden);
  globalThis.addEventListener?.('pageshow', shown);
  return () => {
    globalThis.removeEventListener?.('pagehide', hidden);
    globalThis.removeEventListener?.('pageshow', shown);
  };
}
