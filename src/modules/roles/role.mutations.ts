import { creationInput, updateInput } from '../../graphql/entities/entity-inputs.ts';
import {
  creationMutation,
  deletionMutation,
  restorationMutation,
  updateMutation,
} from '../../graphql/entities/entity-mutations.ts';
import { PermissionScopeInput } from './permission-scope.type.ts';
import { createRole, updateRole } from './role.service.ts';
import { RoleType } from './role.type.ts';
import { roles } from './role-entity.service.ts';

/** Whoever has written a role reads what it grants too. */
const grants = ['reference', 'rolePermissions'];

creationMutation(roles, RoleType, {
  grants,
  input: creationInput(roles, (t) => ({
    permissions: t.stringList({
      required: true,
      description: 'The codes of what it grants, e.g. `users:read`. Nothing that you lack.',
    }),
    scopes: t.field({
      type: [PermissionScopeInput],
      description:
        'The rows for which it grants them; a permission that isn’t listed is granted for all rows.',
    }),
  })),
  run: createRole,
});

updateMutation(roles, RoleType, {
  grants,
  note: 'A system role, and one that grants more than you have, can’t be changed.',
  input: updateInput(roles, (t) => ({
    permissions: t.stringList({
      description: 'The codes of all that it grants from now on. Nothing that you lack. Can’t be cleared.',
    }),
    scopes: t.field({
      type: [PermissionScopeInput],
      description:
        'The rows for which it grants them from now on; a permission that isn’t listed is granted for all rows. If absent, what it has granted keeps its scope. Can’t be cleared.',
    }),
  })),
  run: updateRole,
});

deletionMutation(
  roles,
  '`CONFLICT` while it is held by users; `dependents` counts them, for whoever may read roles.',
);

restorationMutation(roles, RoleType, { grants });
