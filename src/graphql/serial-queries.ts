import type { GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';

/**
 * Wraps every query field so that those of one request run one after another: a short query can request very many
 * lists, which would otherwise take all of the tenant's connections at once.
 */
export function serializeQueries(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    const { name, resolve } = field;
    if (!resolve) throw new Error(`Query.${name} has no resolver.`);
    field.resolve = (root, args, context: Context, info) =>
      context.enqueue(() => resolve(root, args, context, info));
  }
}
