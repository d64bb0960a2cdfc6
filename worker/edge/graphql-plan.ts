import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getVariableValues,
  GraphQLError,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** Errors of variables in one answer, as graphql-js counts them. */
const MAX_ERRORS = 50;

/** For the operation `graphql.plan` of the core (docs/border.md). */
export interface Plan {
  /** What the document selects: a JSON list of `Selected`. */
  select: string;
  /** Of each field of `events`, in their order; defaults of the schema are in it. */
  arguments: Record<string, unknown>[];
}

/** A field in the order of the answer. */
interface Selected {
  field: string;
  /** The key in the answer; default: the field's name. */
  as?: string;
  /** Of an object. */
  select?: Selected[];
}

/** A field with arguments, whose values come from each request's variables. */
interface Page {
  field: GraphQLField<unknown, unknown>;
  node: FieldNode;
}

interface Selection {
  text: string;
  pages: Page[];
}

/** One operation of a document, with the values of its variables. */
interface Run {
  fragments: Map<string, FragmentDefinitionNode>;
  variables: Record<string, unknown>;
  pages: Page[];
  /** Whether the selection may be another one with other variables. */
  hasConditions: boolean;
}

/** Selections that are the same in every request, by the operation. They go with their document. */
const known = new WeakMap<OperationDefinitionNode, Selection>();

/**
 * The plan of a valid document: its fields in the order of the answer, without aliases, fragments,
 * directives and variables. Null for graphql-js to answer with an error: there is no such operation, or a
 * variable, an argument or a condition has a value of another type.
 */
export function planOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  { variables, operationName }: PlannedRequest,
): Plan | null {
  const root = schema.getQueryType();
  const operation = operationOf(document, operationName ?? null);
  if (!root || operation?.operation !== 'query') return null;
  const definitions = operation.variableDefinitions ?? [];
  const options = { maxErrors: MAX_ERRORS };
  const { coerced } = getVariableValues(schema, definitions, variables ?? {}, options);
  if (!coerced) return null;
  try {
    const { text, pages } = known.get(operation) ?? select(root, document, operation, coerced);
    const values = pages.map(({ field, node }) => getArgumentValues(field, node, coerced));
    return { select: text, arguments: values };
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

function select(
  root: GraphQLObjectType,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): Selection {
  const run: Run = { fragments: fragmentsOf(document), variables, pages: [], hasConditions: false };
  const text = JSON.stringify(selectionOf(run, root, [operation.selectionSet]));
  const selection = { text, pages: run.pages };
  if (!run.hasConditions) known.set(operation, selection);
  return selection;
}

/** What a request brings besides its document. */
export interface PlannedRequest {
  variables?: Record<string, unknown> | null;
  operationName?: string | null;
}

/** The operation with this name, or the only one; null = there is none, or which one is not clear. */
function operationOf(document: DocumentNode, name: string | null): OperationDefinitionNode | null {
  const operations = document.definitions.filter(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      (name === null || definition.name?.value === name),
  );
  return operations.length === 1 ? (operations[0] ?? null) : null;
}

function fragmentsOf(document: DocumentNode): Run['fragments'] {
  const fragments: Run['fragments'] = new Map();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      fragments.set(definition.name.value, definition);
  }
  return fragments;
}

function selectionOf(
  run: Run,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): Selected[] {
  const nodes = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  for (const set of sets) collect(run, set, nodes, spread);
  return Array.from(nodes, ([key, [node, ...others]]) =>
    planField(run, type, key, node as FieldNode, others),
  );
}

/** Fields with one key are merged, at the place of the first. All types are objects, so every fragment fits. */
function collect(
  run: Run,
  { selections }: SelectionSetNode,
  nodes: Map<string, FieldNode[]>,
  spread: Set<string>,
): void {
  for (const node of selections) {
    if (!isIncluded(run, node)) continue;
    if (node.kind === Kind.FIELD) {
      const key = node.alias?.value ?? node.name.value;
      const same = nodes.get(key);
      if (same) same.push(node);
      else nodes.set(key, [node]);
    } else if (node.kind === Kind.INLINE_FRAGMENT) {
      collect(run, node.selectionSet, nodes, spread);
    } else if (!spread.has(node.name.value)) {
      spread.add(node.name.value);
      const fragment = run.fragments.get(node.name.value);
      if (fragment) collect(run, fragment.selectionSet, nodes, spread);
    }
  }
}

function isIncluded(run: Run, node: SelectionNode): boolean {
  if (!node.directives?.length) return true;
  run.hasConditions = true;
  const conditionOf = (directive: typeof GraphQLSkipDirective) =>
    getDirectiveValues(directive, node, run.variables)?.['if'];
  return (
    conditionOf(GraphQLSkipDirective) !== true && conditionOf(GraphQLIncludeDirective) !== false
  );
}

function planField(
  run: Run,
  type: GraphQLObjectType,
  key: string,
  node: FieldNode,
  others: readonly FieldNode[],
): Selected {
  const field = node.name.value;
  const planned: Selected = key === field ? { field } : { field, as: key };
  const definition = type.getFields()[field];
  if (!definition) return planned; // `__typename`; the core has no other one
  if (definition.args.length > 0) run.pages.push({ field: definition, node });
  const inner = getNamedType(definition.type);
  if (isObjectType(inner)) {
    const sets = [node, ...others].flatMap(({ selectionSet }) => selectionSet ?? []);
    planned.select = selectionOf(run, inner, sets);
  }
  return planned;
}
