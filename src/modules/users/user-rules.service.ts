import { storedForms } from '../../auth/email-addresses.ts';
import { revokeSessions } from '../../auth/sessions/sessions.ts';
import { tenantIdentity } from '../../db/identity-database.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import type { EntityAttempt, EntityChange } from '../../entities/entity.ts';
import { ConflictError, type FieldProblem, ForbiddenError, message } from '../../errors/index.ts';
import { assertAdministratorRemains, assertMayGiveRole, assertMayManage } from './user-guards.service.ts';

/** Nobody changes a user who may do more than they, and nobody deletes themselves or a user of the platform. */
export async function guardUser({ transaction, actor, verb, row }: EntityAttempt<'User'>): Promise<void> {
  await assertMayManage(transaction, actor.viewer, row);
  if (verb !== 'delete') return;
  if (row.id === actor.viewer.userId) throw new ForbiddenError(message('forbidden.deleteSelf'));
  if (row.isSystemUser) throw new ForbiddenError(message('forbidden.systemUser'));
}

/** Nobody hands out more than they have, or locks themselves out. */
export async function checkUser({
  transaction,
  actor: { viewer },
  before,
  changes,
}: EntityChange<'User'>): Promise<FieldProblem[]> {
  if (before) {
    const { deactivates, movesRole } = effectsOf(before, changes);
    if (deactivates && before.id === viewer.userId) {
      throw new ForbiddenError(message('forbidden.deactivateSelf'));
    }
    if (before.isSystemUser && (deactivates || movesRole)) {
      throw new ForbiddenError(message('forbidden.systemUser'));
    }
    if (changes.email !== undefined && changes.email !== before.email) {
      await assertNamesAreFree(transaction, { email: changes.email }, before.id);
    }
    if (!movesRole) return [];
  }
  await assertMayGiveRole(transaction, viewer, changes.roleId);
  return [];
}

/** An active administrator always remains, and who is no user any more is signed out everywhere. */
export async function afterUserChange(
  { transaction, verb, row }: EntityAttempt<'User'>,
  changes: Partial<EntityAttempt<'User'>['row']>,
): Promise<void> {
  if (verb === 'restore') return;
  const { deactivates, movesRole } = effectsOf(row, changes);
  const ends = verb === 'delete' || deactivates;
  if (ends || movesRole) await assertAdministratorRemains(transaction);
  if (ends) await revokeSessions(tenantIdentity(transaction), { accountId: row.id }, 'account');
}

function effectsOf(
  before: EntityAttempt<'User'>['row'],
  { isActive, roleId }: Partial<EntityAttempt<'User'>['row']>,
) {
  return {
    deactivates: isActive === false && before.isActive,
    movesRole: roleId !== undefined && roleId !== before.roleId,
  };
}

/** @throws {ConflictError} when the indexes of live users would refuse the names. */
export async function assertNamesAreFree(
  db: TenantDatabase,
  { username, email }: { readonly username?: string | undefined; readonly email?: string | undefined },
  owner?: string,
): Promise<void> {
  const forms = email === undefined ? [] : storedForms(email);
  const holders = await db.user.findMany({
    where: {
      deletedAt: null,
      ...(owner === undefined ? {} : { id: { not: owner } }),
      OR: [...(username === undefined ? [] : [{ username }]), { email: { in: forms } }],
    },
    select: { username: true, email: true },
  });
  if (holders.length === 0) return;
  const fields: FieldProblem[] = [];
  if (holders.some((holder) => holder.username === username)) {
    fields.push({ path: ['input', 'username'], message: message('taken.username') });
  }
  if (holders.some((holder) => forms.includes(holder.email))) {
    fields.push({ path: ['input', 'email'], message: message('taken.email') });
  }
  throw new ConflictError({ reason: 'TAKEN', fields });
}
