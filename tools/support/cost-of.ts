import { type GraphQLSchema, getOperationAST, getVariableValues, parse } from 'graphql';
import { complexityOf } from '../../src/graphql/query-cost.ts';
import { schema as ourSchema } from '../../src/schema.ts';

/** Returns the cost of a document's only operation, in our schema unless another is given. */
export function costOf(
  text: string,
  values: Readonly<Record<string, unknown>> = {},
  schema: GraphQLSchema = ourSchema,
): number {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('There is not one operation.');
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], values);
  if (!coerced) throw new Error(String(errors));
  return complexityOf({ schema, document, operation, variables: coerced });
}
