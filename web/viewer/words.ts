import { ENGLISH, fill, type StringKey, type Strings } from './strings.ts';

const DAY_MS = 86_400_000;

/** Texts, numbers and times in the user's language. */
export interface Words {
  (key: StringKey, values?: Readonly<Record<string, string | number>>): string;
  number(value: number): string;
  /** A time in the user's format and time zone. */
  time(iso: string): string;
  /** The same, short, for a scale of this many milliseconds. */
  shortTime(iso: string, scale: number): string;
  /** Short age of a time: `now`, `45 s`, `3 min`, `5 h`, `2 d`. */
  age(iso: string, now: number): string;
  /** A duration of this many seconds. */
  duration(seconds: number): string;
}

/** `lang` as in HTML; empty or unknown = the browser's language. */
export function createWords(overrides: Partial<Strings> = {}, lang = ''): Words {
  const strings: Strings = { ...ENGLISH, ...overrides };
  const locale = knownLocale(lang);
  const numbers = new Intl.NumberFormat(locale);
  const units = new Map<string, Intl.NumberFormat>();
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const short = new Intl.DateTimeFormat(locale, { dateStyle: 'short', timeStyle: 'short' });
  const onlyTime = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });

  const measure = (value: number, unit: string) => {
    const options = { style: 'unit', unit, unitDisplay: 'short' } as const;
    const format = units.get(unit) ?? new Intl.NumberFormat(locale, options);
    units.set(unit, format);
    return format.format(value);
  };
  const duration = (seconds: number) => {
    if (seconds < 60) return measure(seconds, 'second');
    if (seconds < 3600) return measure(Math.floor(seconds / 60), 'minute');
    if (seconds < 86_400) return measure(Math.floor(seconds / 3600), 'hour');
    return measure(Math.floor(seconds / 86_400), 'day');
  };
  const dateBy = (format: Intl.DateTimeFormat, iso: string) => {
    const time = Date.parse(iso);
    return Number.isNaN(time) ? iso : format.format(time);
  };

  const text = (key: StringKey, values: Readonly<Record<string, string | number>> = {}) => {
    const shown: Record<string, string> = {};
    for (const [name, value] of Object.entries(values)) {
      shown[name] = typeof value === 'number' ? numbers.format(value) : value;
    }
    return fill(strings[key], shown);
  };
  return Object.assign(text, {
    number: (value: number) => numbers.format(value),
    time: (iso: string) => dateBy(full, iso),
    shortTime: (iso: string, scale: number) => dateBy(scale < DAY_MS ? onlyTime : short, iso),
    age(iso: string, now: number) {
      const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
      return seconds < 5 ? strings.ageNow : duration(seconds);
    },
    duration: (seconds: number) => duration(Math.max(0, Math.round(seconds))),
  });
}

function knownLocale(lang: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(lang)[0];
  } catch {
    return undefined;
  }
}
