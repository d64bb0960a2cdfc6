/** A hub's log. No field ever has a credential: routes are logged, not addresses. */
export type Log = (level: 'info' | 'error', message: string, fields?: LogFields) => void;
/** The fields of a line of the log, beside its message. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** How a log is written; see `createLog`. */
export type LogFormat = 'text' | 'json' | 'off';
export const LOG_FORMATS: readonly LogFormat[] = ['text', 'json', 'off'];

/**
 * `json`: one object a line with `time`, `level`, `message` and the fields. `text`: the same for people.
 * `off`: errors only, as text; requests are not logged.
 */
export function createLog(format: LogFormat, now: () => number = Date.now): Log {
  return (level, message, fields = {}) => {
    const write = level === 'error' ? console.error : console.log;
    if (format === 'json') {
      write(JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...fields }));
    } else if (level === 'error' || format === 'text') {
      const shown = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
      write(`cuesheet: ${message}${shown.join('')}`);
    }
  };
}

/** Logs what every format has, for example a start or a reload. */
export function announce(format: LogFormat, sentence: string): void {
  if (format === 'json') createLog(format)('info', sentence);
  else console.log(sentence);
}
