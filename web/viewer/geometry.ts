/** Browsers cap the height of an element; beyond this the scroll bar moves in larger steps. */
export const MAX_HEIGHT_PX = 15_000_000;

/** A list of rows of one height behind a view. Pixels throughout. */
export interface Geometry {
  /** Height of all rows. */
  readonly full: number;
  /** Height of the element that represents them. */
  readonly height: number;
  readonly view: number;
  readonly row: number;
  readonly total: number;
}

export function layOut(total: number, row: number, view: number): Geometry {
  const full = total * row;
  return { full, height: Math.min(full, MAX_HEIGHT_PX), view, row, total };
}

const clamp = (value: number, max: number) => Math.min(Math.max(value, 0), Math.max(max, 0));

/** How far the rows are scrolled when the element is scrolled this far. */
export function rowsTop({ full, height, view }: Geometry, scrollTop: number): number {
  const top = clamp(scrollTop, height - view);
  return full === height ? top : (top / (height - view)) * (full - view);
}

/** The reverse: where to scroll the element. */
export function scrollTopOf({ full, height, view }: Geometry, top: number): number {
  const wanted = clamp(top, full - view);
  return full === height ? wanted : (wanted / (full - view)) * (height - view);
}

/** Visible rows: from `first` up to, not including, `end`. */
export function visibleRows(geometry: Geometry, scrollTop: number): { first: number; end: number } {
  const { row, total, view } = geometry;
  const top = rowsTop(geometry, scrollTop);
  const first = clamp(Math.floor(top / row), total);
  return { first, end: clamp(Math.ceil((top + view) / row), total) };
}

/** Where to scroll so that a row is visible, with the least movement. */
export function revealTop(geometry: Geometry, scrollTop: number, index: number): number {
  const { row, view } = geometry;
  const top = rowsTop(geometry, scrollTop);
  if (index * row < top) return scrollTopOf(geometry, index * row);
  if ((index + 1) * row > top + view) return scrollTopOf(geometry, (index + 1) * row - view);
  return scrollTop;
}
