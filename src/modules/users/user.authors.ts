import type { GraphQLResolveInfo } from 'graphql';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { costs, costsStatement } from '../../graphql/costs.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { BranchType } from '../branches/branch.type.ts';
import { DepartmentType } from '../departments/department.type.ts';
import { RoleType } from '../roles/role.type.ts';
import { findAuthors } from './user.service.ts';
import { UserType } from './user.type.ts';

/** A user who has written a row: one statement for all rows of a list, with what the client asked for of them. */
const author = {
  type: UserType,
  nullable: true,
  // Aliases of one field may ask for different things, and for the state after different changes.
  byPath: true,
  extensions: { ...costs(1), ...costsStatement(10), ...fromRows },
  load: (ids: string[], context: Context, _args: object, info: GraphQLResolveInfo) =>
    findAuthors(context.db, ids, selectionFor(context, info)),
} as const;

/** Tells the object that its author is loaded with what the client asked for: it would be loaded once more for each row. */
function announce(id: string | null, context: Context, info: GraphQLResolveInfo): string | null {
  if (id !== null) selectionFor(context, info);
  return id;
}

const creator = {
  ...author,
  description:
    'Who created it; null for the platform and its managers. Needs `users:read`, unless it was you.',
  resolve: (row: { createdBy: string | null }, _args: object, context: Context, info: GraphQLResolveInfo) =>
    announce(row.createdBy, context, info),
} as const;

const editor = {
  ...author,
  description:
    'Who last changed it; null for the platform and its managers. Needs `users:read`, unless it was you.',
  resolve: (row: { updatedBy: string | null }, _args: object, context: Context, info: GraphQLResolveInfo) =>
    announce(row.updatedBy, context, info),
} as const;

builder.prismaObjectFields(UserType, (t) => ({
  createdBy: t.loadable(creator),
  updatedBy: t.loadable(editor),
}));
builder.prismaObjectFields(RoleType, (t) => ({
  createdBy: t.loadable(creator),
  updatedBy: t.loadable(editor),
}));
builder.prismaObjectFields(DepartmentType, (t) => ({
  createdBy: t.loadable(creator),
  updatedBy: t.loadable(editor),
}));
builder.prismaObjectFields(BranchType, (t) => ({
  createdBy: t.loadable(creator),
  updatedBy: t.loadable(editor),
}));
