import type { GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';
import { publicFields } from './guarded-fields.ts';

/**
 * Wraps every mutation field so that it rereads its viewer's rights before its resolver runs. Public fields begin or
 * end a session, and check it themselves.
 */
export function rereadRightsBeforeMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { name, resolve } = field;
    if (publicFields.has(`Mutation.${name}`)) continue;
    if (!resolve) throw new Error(`Mutation.${name} has no resolver.`);
    field.resolve = async (root, args, context: Context, info) => {
      await context.reread();
      return resolve(root, args, context, info);
    };
  }
}
