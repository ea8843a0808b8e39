import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
  type SelectionNode,
} from 'graphql';
import { message, RequestInvalidError } from '../../errors/index.ts';
import { collectFields, type Fragments } from '../plans/field-selections.ts';

/** A column of an exported list: one selected value of each row. */
export interface Column {
  /** The response keys that lead to the value from the row. */
  readonly path: readonly string[];
  /** Whether its values are numbers, exact or not. */
  readonly isNumber: boolean;
}

/** The schema and the document that selections are from. */
export interface SelectionSource {
  readonly schema: GraphQLSchema;
  readonly fragments: Fragments;
  readonly isIncluded: (selection: SelectionNode) => boolean;
}

const numberTypes: ReadonlySet<string> = new Set(['Int', 'Float', 'Decimal']);

/**
 * Returns the values that are selected on each row, in the order of the selection.
 * @throws {RequestInvalidError} at a field that is a page of further rows, of which a file would hold the first ones.
 */
export function columnsOf(
  source: SelectionSource,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
  above: readonly string[] = [],
): Column[] {
  const { schema, fragments, isIncluded } = source;
  const selected =
    collectFields(schema, fragments, type, nodes, isIncluded) ?? new Map<string, FieldNode[]>();
  return [...selected].flatMap(([key, fieldNodes]) => {
    const path = [...above, key];
    const field = type.getFields()[fieldNodes[0]?.name.value ?? ''];
    // Only `__typename` has no definition.
    const fieldType = field && getNamedType(field.type);
    if (!fieldType || isLeafType(fieldType)) {
      return [{ path, isNumber: fieldType !== undefined && numberTypes.has(fieldType.name) }];
    }
    if (isObjectType(fieldType) && !('edges' in fieldType.getFields())) {
      return columnsOf(source, fieldType, fieldNodes, path);
    }
    throw new RequestInvalidError(message('request.csvColumn', { field: path.join('.') }));
  });
}

/** Returns the values of a column in one row; several when its path leads through lists, none when it leads to null. */
export function valuesAt(row: unknown, path: readonly string[]): unknown[] {
  let values = [row];
  for (const key of path) {
    values = values.flatMap((value) => {
      const next: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : null;
      return Array.isArray(next) ? next.flat(Number.POSITIVE_INFINITY) : [next];
    });
  }
  return values.filter((value) => value != null);
}
