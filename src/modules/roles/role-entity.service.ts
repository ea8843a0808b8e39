import { missingPermissions } from '../../auth/viewer.ts';
import { defineEntity, type EntityAttempt } from '../../entities/entity.ts';
import { code, optionalText, text } from '../../entities/fields.ts';
import { ForbiddenError, message } from '../../errors/index.ts';
import { beyondOwn } from './beyond-own.service.ts';
import { findGrants } from './role-grants.service.ts';

/** The named sets of permissions. What they grant is in role.service.ts. */
export const roles = defineEntity('Role', {
  delegate: ({ role }) => role,
  label: 'name',
  search: ['code', 'name'],
  unique: { roles_code_live_key: 'code' },
  fields: {
    code: code({ description: 'The short name for programs, e.g. `sales_head`.' }),
    name: text(128, { description: 'The name for people.' }),
    description: optionalText(1024, { description: 'What the role is for.' }),
  },
  dependents: [{ entity: 'User', column: 'roleId' }],
  // Nobody gets other rights by the way.
  isReplaceable: false,
  isIdentity: true,
  guard: assertMayChange,
});

/** Nobody changes a role that grants more than they have, nor one that every tenant has. */
async function assertMayChange({ transaction, actor, row }: EntityAttempt<'Role'>): Promise<void> {
  if (row.isSystemRole) throw new ForbiddenError(message('forbidden.systemRole'));
  const missing = missingPermissions(actor.viewer, await findGrants(transaction, row.id));
  if (missing.length > 0) throw beyondOwn(actor.viewer, 'changedRole', missing);
}
