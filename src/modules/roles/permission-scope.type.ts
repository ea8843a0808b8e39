import type { RowScope, rowScopes } from '../../auth/row-scopes.ts';
import { builder } from '../../graphql/builder.ts';

/** A permission's code and the scope for which a role grants it. */
interface PermissionScope {
  readonly permission: string;
  readonly scope: RowScope;
}

const RowScopeType = builder.enumType('RowScope', {
  description: 'The rows for which a permission is granted. Rows out of scope don’t exist for its holder.',
  values: {
    OWN: { description: 'Rows whose owner is the user.' },
    DEPARTMENT: {
      description: 'Rows whose owner is the user, or is in their department or one below it.',
    },
    ALL: { description: 'Every row, those without an owner too.' },
  } satisfies Record<(typeof rowScopes)[number], object>,
});

export const PermissionScopeType = builder.objectRef<PermissionScope>('PermissionScope').implement({
  description: 'The rows for which a role grants a permission.',
  authScopes: { $any: { $granted: 'permissions', permission: 'roles:read' } },
  fields: (t) => ({
    permission: t.exposeString('permission', { description: 'The permission’s code, e.g. `assets:read`.' }),
    scope: t.expose('scope', { type: RowScopeType, description: 'The rows for which it is granted.' }),
  }),
});

export const PermissionScopeInput = builder.inputType('PermissionScopeInput', {
  description: 'The rows for which a role is to grant a permission.',
  fields: (t) => ({
    permission: t.string({
      required: true,
      description: 'The code of a permission that the role grants, e.g. `assets:read`; each once.',
    }),
    scope: t.field({
      type: RowScopeType,
      required: true,
      description: 'The rows. Not more than you have; only `ALL` where rows have no owner.',
    }),
  }),
});
