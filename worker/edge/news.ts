/** Wakes all waiting clients when something has happened. */
export interface News {
  tell(): void;
  /** Resolves at the next `tell`, at the latest after `timeoutMs` milliseconds. Never rejects. */
  wait(timeoutMs: number): Promise<void>;
  /** How many wait. */
  waiting(): number;
}

export function createNews(): News {
  const waiting = new Set<() => void>();
  return {
    tell() {
      for (const wake of waiting) wake();
    },
    waiting: () => waiting.size,
    wait: (timeoutMs) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        waiting.add(wake);
      }),
  };
}
