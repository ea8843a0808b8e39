import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { BranchType } from '../branches/branch.type.ts';
import { DepartmentType } from '../departments/department.type.ts';
import { RoleType } from '../roles/role.type.ts';
import { findAuthors } from './user.service.ts';
import { UserType } from './user.type.ts';

/** A user who has written a row; one statement for all rows of an answer. */
const author = {
  type: UserType,
  nullable: true,
  load: (ids: string[], context: Context) => findAuthors(context.db, ids),
} as const;

const creator = {
  ...author,
  description:
    'Who created it; null for the platform and its managers. Needs `users:read`, unless it was you.',
  resolve: ({ createdBy }: { createdBy: string | null }) => createdBy,
} as const;

const editor = {
  ...author,
  description:
    'Who last changed it; null for the platform and its managers. Needs `users:read`, unless it was you.',
  resolve: ({ updatedBy }: { updatedBy: string | null }) => updatedBy,
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
