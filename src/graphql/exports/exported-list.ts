import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parseType,
  print,
  type SelectionNode,
  separateOperations,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import { message, RequestInvalidError } from '../../errors/index.ts';
import type { VariableValues } from '../operation-cost.ts';
import { collectFields, fragmentsOf, isFragment } from '../plans/field-selections.ts';
import type { PreparedOperation } from '../prepared-documents.ts';
import { isIncluded } from '../selected-fields.ts';
import { type Column, columnsOf, type SelectionSource } from './columns.ts';

/** A list that is exported: a document that loads any of its pages, and the columns of a row. */
export interface ExportedList {
  /** The list's response key. */
  readonly key: string;
  readonly columns: readonly Column[];
  /** The document of one page; it has one operation. */
  readonly document: string;
  /** The names of the variables that choose a page: its size, and the cursor that it begins after. */
  readonly page: { readonly size: string; readonly after: string };
}

/** The arguments that choose a page of a list. */
const pageArguments: ReadonlySet<string> = new Set(['first', 'after', 'last', 'before']);

/**
 * Makes a query of one list into one of any page of it. All but the page stays as it is: arguments, variables,
 * fragments.
 * @param variables the coerced variables, which may leave fields out.
 * @throws {RequestInvalidError} when the operation is anything else, or selects no values of the rows.
 */
export function exportedList(
  schema: GraphQLSchema,
  { document, operation }: PreparedOperation,
  variables: VariableValues,
): ExportedList {
  const source = sourceOf(schema, document, variables);
  const query = operation.operation === OperationTypeNode.QUERY ? schema.getQueryType() : null;
  const [root, ...others] = query ? (select(source, query, [operation]) ?? []) : [];
  if (!query || !root || others.length > 0) throw notOneList();
  const [key, nodes] = root;
  const [list] = nodes;
  const connection = list && objectOf(query, list);
  if (!list || !connection || !isList(query, list)) throw notOneList();
  const edges = below(source, connection, nodes, 'edges');
  const rows = edges.type && below(source, edges.type, edges.nodes, 'node');
  const columns = rows?.type ? columnsOf(source, rows.type, rows.nodes) : [];
  if (!rows || columns.length === 0) throw notOneList();

  const taken = new Set((operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value));
  const page = { size: freeName('pageSize', taken), after: freeName('pageAfter', taken) };
  const onePage = pageField(list, rows.nodes, page);
  return { key, columns, page, document: pageDocument(document, operation, onePage, page) };
}

function notOneList(): RequestInvalidError {
  return new RequestInvalidError(message('request.csvList'));
}

function sourceOf(schema: GraphQLSchema, document: DocumentNode, variables: VariableValues): SelectionSource {
  return {
    schema,
    fragments: fragmentsOf(document),
    isIncluded: (selection) => isIncluded(selection, { ...variables }),
  };
}

function select(
  { schema, fragments, isIncluded: decide }: SelectionSource,
  type: GraphQLObjectType,
  nodes: readonly Pick<OperationDefinitionNode, 'selectionSet'>[] | readonly FieldNode[],
) {
  return collectFields(schema, fragments, type, nodes, decide);
}

/** The nodes that select a field of an object, whatever their aliases, and the type of its objects. */
function below(
  source: SelectionSource,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
  name: string,
): { readonly nodes: readonly FieldNode[]; readonly type: GraphQLObjectType | null } {
  const selected = [...(select(source, type, nodes)?.values() ?? [])].flat();
  const found = selected.filter((node) => node.name.value === name);
  return { nodes: found, type: found[0] ? objectOf(type, found[0]) : null };
}

function objectOf(parent: GraphQLObjectType, { name }: FieldNode): GraphQLObjectType | null {
  const field = parent.getFields()[name.value];
  const type = field && getNamedType(field.type);
  return isObjectType(type) ? type : null;
}

/** Returns whether a field is a list that is paged through. */
function isList(parent: GraphQLObjectType, { name }: FieldNode): boolean {
  const args = (parent.getFields()[name.value]?.args ?? []).map((argument) => argument.name);
  return [...pageArguments].every((argument) => args.includes(argument));
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  return taken.has(wanted) ? freeName(`${wanted}_`, taken) : wanted;
}

/** The list's field with the arguments of a page, and nothing below it but its rows and whether others follow. */
function pageField(list: FieldNode, rows: readonly FieldNode[], page: ExportedList['page']): FieldNode {
  const kept = (list.arguments ?? []).filter(({ name }) => !pageArguments.has(name.value));
  const selections = rows.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
  return {
    ...list,
    directives: [],
    arguments: [...kept, variableArgument('first', page.size), variableArgument('after', page.after)],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [
        fieldNode('edges', [fieldNode('node', selections)]),
        fieldNode('pageInfo', [fieldNode('hasNextPage'), fieldNode('endCursor')]),
      ],
    },
  };
}

function pageDocument(
  { definitions }: DocumentNode,
  operation: OperationDefinitionNode,
  list: FieldNode,
  page: ExportedList['page'],
): string {
  const paged: OperationDefinitionNode = {
    ...operation,
    selectionSet: { kind: Kind.SELECTION_SET, selections: [list] },
    variableDefinitions: [],
  };
  const whole: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [paged, ...definitions.filter(isFragment)],
  };
  // Without the fragments that were only used beside the rows.
  const [needed = whole] = Object.values(separateOperations(whole));
  const used = variablesIn(needed);
  const kept = (operation.variableDefinitions ?? []).filter(({ variable }) => used.has(variable.name.value));
  const variableDefinitions = [
    ...kept,
    variableDefinition(page.size, 'Int!'),
    variableDefinition(page.after, 'String'),
  ];
  return print({
    ...needed,
    definitions: needed.definitions.map((each) =>
      isFragment(each) ? each : { ...paged, variableDefinitions },
    ),
  });
}

function variablesIn(document: DocumentNode): ReadonlySet<string> {
  const used = new Set<string>();
  visit(document, { Variable: ({ name }) => void used.add(name.value) });
  return used;
}

function fieldNode(name: string, selections: readonly SelectionNode[] = []): FieldNode {
  return {
    kind: Kind.FIELD,
    name: { kind: Kind.NAME, value: name },
    ...(selections.length === 0 ? {} : { selectionSet: { kind: Kind.SELECTION_SET, selections } }),
  };
}

function variableArgument(name: string, variable: string): ArgumentNode {
  return {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: name },
    value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: variable } },
  };
}

function variableDefinition(name: string, type: string): VariableDefinitionNode {
  return {
    kind: Kind.VARIABLE_DEFINITION,
    variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
    type: parseType(type),
  };
}
