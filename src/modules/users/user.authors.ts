import type { GraphQLResolveInfo } from 'graphql';
import { z } from 'zod';
import { entities } from '../../catalogue/entities.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { costsStatement } from '../../graphql/costs.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { findAuthors } from './user.service.ts';
import { UserType } from './user.type.ts';

/** A user who has written a row: one statement for all rows of a list, with what the client asked for of them. */
const author = {
  type: UserType,
  nullable: true,
  // Aliases of one field may ask for different things, and for the state after different changes.
  byPath: true,
  load: (ids: string[], context: Context, _args: object, info: GraphQLResolveInfo) =>
    findAuthors(context.db, ids, selectionFor(context, info)),
} as const;

/**
 * The field's cost, and the column that it is resolved from. The Prisma plugin reads the column from this extension:
 * its `select` option has no types for fields of the dataloader plugin.
 */
function extensionsFor(column: 'createdBy' | 'updatedBy') {
  return { ...costsStatement(), ...fromRows, pothosPrismaSelect: { [column]: true } };
}

/** Resolves the author's id. */
function authorOf(column: 'createdBy' | 'updatedBy') {
  return (row: object, _args: object, context: Context, info: GraphQLResolveInfo): string | null => {
    const id = idSchema.parse(Reflect.get(row, column));
    // Tells the object that its author is loaded with what the client asked for: it would be loaded once more for each row.
    if (id !== null) selectionFor(context, info);
    return id;
  };
}

const idSchema = z.string().nullable();

const creator = {
  ...author,
  extensions: extensionsFor('createdBy'),
  description:
    'Who created it; null for the platform and its managers. Needs `users:read`, unless it was you.',
  resolve: authorOf('createdBy'),
} as const;

const editor = {
  ...author,
  extensions: extensionsFor('updatedBy'),
  description:
    'Who last changed it; null for the platform and its managers. Needs `users:read`, unless it was you.',
  resolve: authorOf('updatedBy'),
} as const;

/** The fields that every entity has. */
for (const { name } of entities) {
  builder.prismaObjectFields(name, (t) => ({
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    createdBy: t.loadable(creator),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
    updatedBy: t.loadable(editor),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was deleted; null for a live one.',
    }),
  }));
}
