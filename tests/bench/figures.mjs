// What the benchmarks share: quantiles, and figures in a page of the docs between two lines that mark their place.
import { readFileSync, writeFileSync } from 'node:fs';

/** Puts the table between the two marks. @throws Error when the page does not have them. */
export function replaceFigures(page, begin, end, table) {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page}: no ${begin} … ${end}`);
  writeFileSync(page, `${text.slice(0, from)}${begin}\n${table}\n${text.slice(to)}`);
}

/**
 * The value below which such a part of the values lies: the nearest one that was measured.
 * @param {readonly number[]} values in any order, at least one
 * @param {number} part 0 to 1
 * @returns {number}
 */
export const quantile = (values, part) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
