import {
  coerceInputValue,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql';
import type { VariableValues } from './operation-cost.ts';

/** A variable that an operation declares. */
export interface PreparedVariable {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly definition: VariableDefinitionNode;
}

/** The variables of a valid operation. */
export function prepareVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): readonly PreparedVariable[] {
  return variableDefinitions.flatMap((definition) => {
    const type = typeFromAST(schema, definition.type);
    return isInputType(type) ? [{ name: definition.variable.name.value, type, definition }] : [];
  });
}

/**
 * Coerces values to the types of their variables (section 6.1.2) like `getVariableValues`, which however creates a
 * message for each wrong value that quotes everything around it.
 * @returns null when a value is invalid or missing.
 */
export function coerceVariables(
  variables: readonly PreparedVariable[],
  raw: VariableValues,
): Record<string, unknown> | null {
  const coerced: Record<string, unknown> = {};
  for (const { name, type, definition } of variables) {
    if (!Object.hasOwn(raw, name)) {
      if (definition.defaultValue) coerced[name] = valueFromAST(definition.defaultValue, type);
      else if (isNonNullType(type)) return null;
      continue;
    }
    try {
      coerced[name] = coerceInputValue(raw[name], type, refuse);
    } catch (error) {
      if (error instanceof WrongValue) return null;
      throw error;
    }
  }
  return coerced;
}

class WrongValue extends Error {
  override readonly name = 'WrongValue';
}

/** The only way to stop the coercion early. */
function refuse(): never {
  throw new WrongValue();
}
