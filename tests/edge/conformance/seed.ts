/** The id of the nth event of a seed. */
export function seedId(number: number): string {
  return `5eed${number.toString(16).padStart(28, '0')}`;
}

/** An event as `cuesheet export` writes it, for the store of a hub that is about to start. */
export function seedEvent(number: number, fields: Record<string, unknown>): object {
  const id = seedId(number);
  const minute = new Date(Date.UTC(2026, 0, 1, 0, number));
  const time = minute.toISOString().replace('.000Z', '+00:00');
  return {
    id,
    hash: id,
    status: 'finished',
    user: 'bob',
    createdAt: time,
    updatedAt: time,
    ...fields,
  };
}
