import {
  coerceInputValue,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getVariableValues,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';

/** More would not help the reader. */
const maximumErrors = 10;

/**
 * Returns errors for variables that {@link coerceVariables} rejects: at most {@link maximumErrors}, or the missing
 * values. graphql-js itself quotes the whole object around each wrong value, which takes long when it is large.
 */
export function variableErrors(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>>,
): readonly GraphQLError[] {
  const errors: GraphQLError[] = [];
  for (const definition of variableDefinitions) {
    const type = typeFromAST(schema, definition.type);
    const name = definition.variable.name.value;
    if (!isInputType(type) || !Object.hasOwn(values, name)) continue;
    const value = values[name];
    if (value === null && isNonNullType(type)) continue;
    errors.push(...valueErrors(definition, type, value, maximumErrors - errors.length));
    if (errors.length === maximumErrors) break;
  }
  if (errors.length > 0) return errors;
  return getVariableValues(schema, variableDefinitions, values, { maxErrors: 50 }).errors ?? [];
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
      // The only way to stop it early.
      if (errors.length === maximum) throw originalError;
    });
  } catch (error) {
    if (errors.at(-1)?.originalError !== error) throw error;
  }
  return errors;
}
