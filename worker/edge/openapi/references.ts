import type { Schema } from './types.ts';

export const ID_PATTERN = '^[0-9a-f]{32}$';

/** A schema of the document by its name. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
