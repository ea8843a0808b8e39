import type { GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';

/**
 * Wraps every query field so that those of one request run one after the other: a short query can ask for very many
 * lists, which would otherwise take all of the tenant's connections at once.
 */
export function takeQueryTurns(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    const { name, resolve } = field;
    if (!resolve) throw new Error(`Query.${name} has no resolver.`);
    field.resolve = (root, args, context: Context, info) =>
      context.inTurn(() => resolve(root, args, context, info));
  }
}
