/** AYON's filter language (protocol.md 7). */
export interface QueryFilter {
  operator?: 'and' | 'or';
  conditions: (QueryCondition | QueryFilter)[];
}

/** One comparison of a filter. A row whose value does not fit does not match. */
export interface QueryCondition {
  /** An attribute, or a path such as `summary/entityId`. */
  key: string;
  /** `eq` when absent. */
  operator?:
    | 'eq'
    | 'ne'
    | 'lt'
    | 'lte'
    | 'gt'
    | 'gte'
    | 'like'
    | 'isnull'
    | 'notnull'
    | 'in'
    | 'notin'
    | 'includes'
    | 'excludes'
    | 'includesall'
    | 'excludesall'
    | 'includesany'
    | 'excludesany';
  value?: string | number | boolean | string[] | number[];
}
