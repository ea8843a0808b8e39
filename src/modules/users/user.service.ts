import { z } from 'zod';
import { changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import { generatePassword } from '../../auth/password.ts';
import type { Passwords } from '../../auth/password-queue.ts';
import { forgetAttempts } from '../../auth/sessions/account-attempts.ts';
import { storePassword } from '../../auth/sessions/password-changes.ts';
import { revokeSessions } from '../../auth/sessions/sessions.ts';
import { type Actor, auditUserId, type Viewer } from '../../auth/viewer.ts';
import { tenantIdentity } from '../../db/identity-database.ts';
import type { Selection, TenantDatabase, TenantTransaction } from '../../db/tenant-client.ts';
import type { RowOf } from '../../entities/entity.ts';
import { findMissingReferences, missingReferences } from '../../entities/references.ts';
import {
  ConflictError,
  ForbiddenError,
  message,
  NotFoundError,
  parseInput,
  ValidationFailedError,
} from '../../errors/index.ts';
import type { User } from '../../generated/tenant/client.ts';
import { credentialsSchema } from './user.input.ts';
import { users } from './user-entity.service.ts';
import { assertMayGiveRole, assertMayManage, assertSeatIsFree } from './user-guards.service.ts';
import { assertNamesAreFree } from './user-rules.service.ts';

/*
 * Users are changed, deleted and restored as every entity is, by the rules of user-rules.service.ts. Here is what is no
 * change of a row of an entity alone: passwords, which take long to hash before the change begins, sign-ins, and locks.
 */

/** The columns that every loaded user has, whatever else the selection asks for. */
export type UserRow = Pick<User, 'id'>;

/** The live user of that id, or null. */
export function findUser(db: TenantDatabase, id: string, selection: Selection): Promise<UserRow | null> {
  return db.user.findUnique({ ...selection, where: { id, deletedAt: null } });
}

/** The users of those ids, deleted ones too, in the ids' order: who wrote a row stays known. */
export async function findAuthors(
  db: TenantDatabase,
  ids: readonly string[],
  selection: Selection,
): Promise<(UserRow | null)[]> {
  const users: UserRow[] = await db.user.findMany({ ...selection, where: { id: { in: [...ids] } } });
  const byId = new Map(users.map((user) => [user.id, user]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** A new user whose input has been checked and whose password has been hashed: what takes long, before the others wait. */
export type PreparedUser = Partial<RowOf<'User'>> & { readonly passwordHash: string };

/** Both at once, so that everything is named that is wrong. */
const creationSchema = z.intersection(credentialsSchema, users.creation);

/**
 * Checks the input for a new user and, before hashing the password, everything else that would refuse it: cheap
 * checks keep a flood of bad requests from the processors.
 * @throws as the creation does, which checks again when its turn comes.
 */
export async function prepareUser(
  db: TenantDatabase,
  viewer: Viewer,
  input: object,
  maxUsers: number,
  passwords: Passwords,
): Promise<PreparedUser> {
  const { password, ...fields } = parseInput(creationSchema, input, ['input']);
  const missing = await findMissingReferences(db, viewer, users, fields);
  if (missing.length > 0) throw new ValidationFailedError(missingReferences(users, missing));
  await assertMayGiveRole(db, viewer, fields.roleId);
  await assertNamesAreFree(db, fields);
  await assertSeatIsFree(db, maxUsers);
  return { ...fields, passwordHash: await passwords.hash(password) };
}

/** The lifetime of a one-time password. */
const oneTimePasswordHours = 72;

/** A password that somebody else has made up. */
export interface OneTimePassword {
  readonly oneTimePassword: string;
  readonly passwordHash: string;
  readonly expiresAt: Date;
}

/**
 * Generates a password for {@link resetPassword}, if the user may be given one.
 * @throws like {@link resetPassword}, which checks again when its turn comes.
 */
export async function makeOneTimePassword(
  db: TenantDatabase,
  viewer: Viewer,
  id: string,
  passwords: Passwords,
): Promise<OneTimePassword> {
  await loadForReset(db, viewer, id);
  const oneTimePassword = generatePassword();
  return {
    oneTimePassword,
    passwordHash: await passwords.hash(oneTimePassword),
    expiresAt: new Date(Date.now() + oneTimePasswordHours * 3_600_000),
  };
}

/**
 * Gives a user a single-use password: the next sign-in must also send a new one. Their sessions end.
 * @throws {NotFoundError} when there is no live user of that id.
 * @throws {ForbiddenError} for oneself, and for a user who may do more than the viewer.
 */
export async function resetPassword(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  { passwordHash, expiresAt }: OneTimePassword,
): Promise<void> {
  const row = await loadForReset(transaction, actor.viewer, id);
  const identity = tenantIdentity(transaction);
  const stored = await storePassword(identity, row, { passwordHash, oneTimeUntil: expiresAt });
  if (!stored) {
    const { updatedAt } = await loadForReset(transaction, actor.viewer, id);
    throw new ConflictError({ reason: 'STALE', updatedAt });
  }
  await transaction.user.update({
    where: { id },
    data: { updatedBy: auditUserId(actor.viewer) },
    select: { id: true },
  });
  await revokeSessions(identity, { accountId: id }, 'password');
  await recordAudit(transaction, actor, { action: 'user.reset_password', entityType: 'User', entityId: id });
}

async function loadForReset(db: TenantDatabase, viewer: Viewer, id: string): Promise<User> {
  const row = await loadManaged(db, viewer, id);
  if (id === viewer.userId) throw new ForbiddenError(message('forbidden.resetOwnPassword'));
  return row;
}

/**
 * Unlocks a user who is locked out by failed sign-ins, for every device and every address.
 * @throws {NotFoundError} when there is no live user of that id.
 * @throws {ForbiddenError} for oneself, and for a user who may do more than the viewer.
 */
export async function unlockUser(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  selection: Selection,
): Promise<UserRow> {
  const row = await loadManaged(transaction, actor.viewer, id);
  // Otherwise whoever holds a stolen session could go on guessing the password with it.
  if (id === actor.viewer.userId) throw new ForbiddenError(message('forbidden.unlockSelf'));
  await forgetAttempts(tenantIdentity(transaction), id);
  await recordAudit(transaction, actor, {
    action: 'user.unlock',
    entityType: 'User',
    entityId: id,
    changes: changesBetween(
      { lockedUntil: row.lockedUntil, lockCount: row.lockCount },
      { lockedUntil: null, lockCount: 0 },
    ),
  });
  return transaction.user.findUniqueOrThrow({ ...selection, where: { id } });
}

/** The whole row of a user, for what is no change of an entity, by somebody who may make it. */
async function loadManaged(db: TenantDatabase, viewer: Viewer, id: string): Promise<User> {
  const row = await db.user.findUnique({
    where: { id, deletedAt: null },
    // A new password replaces the one that was read, and no other.
    omit: { passwordHash: false },
  });
  if (!row) throw new NotFoundError('User');
  await assertMayManage(db, viewer, row);
  return row;
}
