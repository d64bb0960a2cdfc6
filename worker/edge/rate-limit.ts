/** How many callers are remembered; the one that was quiet for longest is forgotten first. */
const MAX_CALLERS = 10_000;

/** Requests of one caller: `perSecond` on average, `burst` at once. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** This many a second, and ten times as many at once. */
export const rateOf = (perSecond: number): Rate => ({
  perSecond,
  burst: Math.max(1, perSecond * 10),
});

/**
 * Counts a request of a caller: 0 = it may continue, else the seconds to wait. Each caller has a token
 * bucket. `now` is in milliseconds.
 */
export function createRateLimit(
  { perSecond, burst }: Rate,
  now: () => number = Date.now,
): (caller: string) => number {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (caller) => {
    const time = now();
    const { tokens, at } = buckets.get(caller) ?? { tokens: burst, at: time };
    const filled = Math.min(burst, tokens + ((time - at) / 1000) * perSecond);
    const isAllowed = filled >= 1;
    buckets.delete(caller);
    const [oldest] = buckets.size >= MAX_CALLERS ? buckets.keys() : [];
    if (oldest !== undefined) buckets.delete(oldest);
    buckets.set(caller, { tokens: isAllowed ? filled - 1 : filled, at: time });
    return isAllowed ? 0 : Math.ceil((1 - filled) / perSecond);
  };
}
