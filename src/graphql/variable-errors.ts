import {
  coerceInputValue,
  type DocumentNode,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getOperationAST,
  isInputType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';

/** More wouldn't help anybody who reads them. */
const maximumErrors = 10;

/**
 * Returns what is wrong with the values of an operation's variables, at most {@link maximumErrors} things. The engine
 * quotes the whole object around each of them, which takes long when that is large. Variables without a value are
 * left to it.
 */
export function variableErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  values: Readonly<Record<string, unknown>>,
): readonly GraphQLError[] {
  const errors: GraphQLError[] = [];
  for (const definition of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const type = typeFromAST(schema, definition.type);
    const name = definition.variable.name.value;
    if (!isInputType(type) || !Object.hasOwn(values, name)) continue;
    const value = values[name];
    if (value === null && isNonNullType(type)) continue;
    errors.push(...valueErrors(definition, type, value, maximumErrors - errors.length));
    if (errors.length === maximumErrors) break;
  }
  return errors;
}

function valueErrors(
  definition: VariableDefinitionNode,
  type: GraphQLInputType,
  value: unknown,
  maximum: number,
): GraphQLError[] {
  const name = definition.variable.name.value;
  const errors: GraphQLError[] = [];
  try {
    coerceInputValue(value, type, (path, _value, originalError) => {
      const place = [name, ...path].join('.');
      errors.push(
        new GraphQLError(`Variable "$${place}" got an invalid value; ${originalError.message}`, {
          nodes: definition,
          originalError,
        }),
      );
      // The only way to end it early.
      if (errors.length === maximum) throw originalError;
    });
  } catch (error) {
    if (errors.at(-1)?.originalError !== error) throw error;
  }
  return errors;
}
