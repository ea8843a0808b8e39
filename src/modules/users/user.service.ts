import type { z } from 'zod';
import { changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import { storedForms } from '../../auth/email-addresses.ts';
import { generatePassword } from '../../auth/password.ts';
import type { Passwords } from '../../auth/password-queue.ts';
import { forgetAttempts } from '../../auth/sessions/account-attempts.ts';
import { storePassword } from '../../auth/sessions/password-changes.ts';
import { revokeSessions } from '../../auth/sessions/sessions.ts';
import { type Actor, auditUserId, type Viewer } from '../../auth/viewer.ts';
import { tenantIdentity } from '../../db/identity-database.ts';
import { assertUnchanged } from '../../db/optimistic-lock.ts';
import type { Selection, TenantDatabase, TenantTransaction } from '../../db/tenant-client.ts';
import { reportTaken } from '../../db/unique-values.ts';
import { findMissingReferences, missingReferences } from '../../entities/references.ts';
import {
  ConflictError,
  type FieldProblem,
  ForbiddenError,
  message,
  NotFoundError,
  parseInput,
  ValidationFailedError,
} from '../../errors/index.ts';
import type { User } from '../../generated/tenant/client.ts';
import {
  assertMayGrantRole,
  findLiveRole,
  grantsSelection,
  type RoleGrants,
  roleGrants,
} from '../roles/role.service.ts';
import { createUserSchema } from './user.input.ts';
import { users } from './user-entity.service.ts';
import {
  assertAdministratorRemains,
  assertMayManage,
  assertSeatIsFree,
  assertSeatsSuffice,
} from './user-guards.service.ts';

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
export interface PreparedUser {
  readonly data: Omit<z.output<typeof createUserSchema>, 'password' | keyof OptionalFields> &
    OptionalFields & { readonly passwordHash: string };
}

interface OptionalFields {
  readonly phone: string | null;
  readonly position: string | null;
  readonly departmentId: string | null;
  readonly roleId: string | null;
  readonly branchId: string | null;
}

/**
 * Checks the input of {@link createUser} and, before hashing the password, everything else that would refuse it: cheap
 * checks keep a flood of bad requests from the processors.
 * @throws like {@link createUser}, which checks again when its turn comes.
 */
export async function prepareUser(
  db: TenantDatabase,
  viewer: Viewer,
  input: unknown,
  maxUsers: number,
  passwords: Passwords,
): Promise<PreparedUser> {
  const { password, ...fields } = parseInput(createUserSchema, input, ['input']);
  const data = {
    username: fields.username,
    email: fields.email,
    fullName: fields.fullName,
    phone: fields.phone ?? null,
    position: fields.position ?? null,
    departmentId: fields.departmentId ?? null,
    roleId: fields.roleId ?? null,
    branchId: fields.branchId ?? null,
  };
  await checkReferences(db, viewer, data);
  await assertNamesAreFree(db, data);
  await assertSeatIsFree(db, maxUsers);
  return { data: { ...data, passwordHash: await passwords.hash(password) } };
}

/**
 * Creates an active user.
 * @param maxUsers the seats of the tenant's plan.
 * @throws {ValidationFailedError} for a reference to a row that is not there.
 * @throws {ConflictError} when a live user has that username or email address.
 * @throws {ForbiddenError} when the role grants more than the viewer has.
 * @throws {SeatLimitReachedError} when every seat is taken.
 */
export async function createUser(
  transaction: TenantTransaction,
  actor: Actor,
  { data }: PreparedUser,
  maxUsers: number,
  selection: Selection,
): Promise<UserRow> {
  await checkReferences(transaction, actor.viewer, data);
  const author = auditUserId(actor.viewer);
  const user = await reportTakenName(inInput, () =>
    transaction.user.create({ ...selection, data: { ...data, createdBy: author, updatedBy: author } }),
  );
  await assertSeatsSuffice(transaction, maxUsers);
  await recordAudit(transaction, actor, {
    action: 'user.create',
    entityType: 'User',
    entityId: user.id,
    changes: changesBetween(null, { ...data, isActive: true }),
  });
  return user;
}

/** How a change is made: what the editor believes, and what the plan allows. */
export interface UserChangeOptions {
  readonly expectedUpdatedAt?: Date | null | undefined;
  readonly maxUsers: number;
}

/**
 * Changes the fields that `input` has; null clears one. A deactivated user's sessions end.
 * @throws {NotFoundError} when there is no live user of that id.
 * @throws {ConflictError} when somebody has changed the user since the editor has read it.
 * @throws {ForbiddenError} when the viewer may do less than the user, or deactivates themselves.
 * @throws {LastAdministratorError} when no active administrator would be left.
 * @throws as {@link createUser}.
 */
export async function updateUser(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  input: unknown,
  { expectedUpdatedAt, maxUsers }: UserChangeOptions,
  selection: Selection,
): Promise<UserRow> {
  const fields = parseInput(users.update, input, ['input']);
  const before = await loadForChange(transaction, actor.viewer, { id, deletedAt: null });
  assertUnchanged(before.row, expectedUpdatedAt);
  const deactivates = fields.isActive === false && before.row.isActive;
  if (deactivates && id === actor.viewer.userId) {
    throw new ForbiddenError(message('forbidden.deactivateSelf'));
  }
  const movesRole = fields.roleId !== undefined && fields.roleId !== before.row.roleId;
  if (before.row.isSystemUser && (deactivates || movesRole)) {
    throw new ForbiddenError(message('forbidden.systemUser'));
  }
  if (fields.email !== undefined && fields.email !== before.row.email) {
    await assertNamesAreFree(transaction, { email: fields.email }, id);
  }
  await checkReferences(transaction, actor.viewer, {
    ...fields,
    roleId: movesRole ? fields.roleId : undefined,
  });
  const user = await reportTakenName(inInput, () =>
    transaction.user.update({
      ...selection,
      where: { id },
      data: { ...fields, updatedBy: auditUserId(actor.viewer) },
    }),
  );
  if (fields.isActive && !before.row.isActive) await assertSeatsSuffice(transaction, maxUsers);
  if (deactivates || movesRole) await assertAdministratorRemains(transaction);
  if (deactivates) await revokeSessions(tenantIdentity(transaction), { accountId: id }, 'account');
  await recordAudit(transaction, actor, {
    action: 'user.update',
    entityType: 'User',
    entityId: id,
    changes: changesBetween(before.row, { ...before.row, ...fields }),
  });
  return user;
}

/**
 * Marks a user as deleted; the username and the email address are free again at once, and their sessions end.
 * @returns the username.
 * @throws {NotFoundError} when there is no live user of that id.
 * @throws {ForbiddenError} for oneself, for a system user, and for a user who may do more than the viewer.
 * @throws {LastAdministratorError} when no active administrator would be left.
 */
export async function deleteUser(transaction: TenantTransaction, actor: Actor, id: string): Promise<string> {
  const { row } = await loadForChange(transaction, actor.viewer, { id, deletedAt: null });
  if (id === actor.viewer.userId) throw new ForbiddenError(message('forbidden.deleteSelf'));
  if (row.isSystemUser) throw new ForbiddenError(message('forbidden.systemUser'));
  const deletedAt = new Date();
  const author = auditUserId(actor.viewer);
  await transaction.user.update({
    where: { id },
    data: { deletedAt, deletedBy: author, updatedBy: author },
    select: { id: true },
  });
  await assertAdministratorRemains(transaction);
  await revokeSessions(tenantIdentity(transaction), { accountId: id }, 'account');
  await recordAudit(transaction, actor, {
    action: 'user.delete',
    entityType: 'User',
    entityId: id,
    changes: changesBetween(row, { ...row, deletedAt }),
  });
  return row.username;
}

/**
 * Brings a deleted user back as they were. References to what has been deleted since are cleared.
 * @throws {NotFoundError} when there is no deleted user of that id.
 * @throws {ConflictError} when somebody else has the username or the email address by now.
 * @throws {ForbiddenError} when the user may do more than the viewer.
 * @throws {SeatLimitReachedError} when the user is active and every seat is taken.
 */
export async function restoreUser(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  maxUsers: number,
  selection: Selection,
): Promise<UserRow> {
  const { row } = await loadForChange(transaction, actor.viewer, { id, deletedAt: { not: null } });
  const missing = await findMissingReferences(transaction, actor.viewer, users, row);
  const restored = { deletedAt: null, ...Object.fromEntries(missing.map((column) => [column, null])) };
  const user = await reportTakenName(
    () => ['userId'],
    () =>
      transaction.user.update({
        ...selection,
        where: { id },
        data: { ...restored, deletedBy: null, updatedBy: auditUserId(actor.viewer) },
      }),
  );
  if (row.isActive) await assertSeatsSuffice(transaction, maxUsers);
  await recordAudit(transaction, actor, {
    action: 'user.restore',
    entityType: 'User',
    entityId: id,
    changes: changesBetween(row, { ...row, ...restored }),
  });
  return user;
}

/** How long a one-time password waits for its one sign-in. */
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
  const { row } = await loadForChange(db, viewer, { id, deletedAt: null });
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
  const { row } = await loadForChange(transaction, actor.viewer, { id, deletedAt: null });
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

/** The whole row of a user, for a change by somebody who may make it. */
async function loadForChange(
  db: TenantDatabase,
  viewer: Viewer,
  where: { readonly id: string; readonly deletedAt: null | { readonly not: null } },
): Promise<{ readonly row: User; readonly role: RoleGrants | null }> {
  const found = await db.user.findUnique({
    where,
    // A new password replaces the one that was read, and no other.
    omit: { passwordHash: false },
    include: { role: { select: { ...grantsSelection, deletedAt: true } } },
  });
  if (!found) throw new NotFoundError('User');
  const { role: loadedRole, ...row } = found;
  // Only a deleted user may still have a deleted role, which grants nothing.
  const role = loadedRole?.deletedAt === null ? roleGrants(loadedRole) : null;
  assertMayManage(viewer, { id: row.id, role });
  return { row, role };
}

async function checkReferences(
  db: TenantDatabase,
  viewer: Viewer,
  references: { readonly roleId?: string | null | undefined },
): Promise<void> {
  const missing = await findMissingReferences(db, viewer, users, references);
  if (missing.length > 0) throw new ValidationFailedError(missingReferences(users, missing));
  const role = references.roleId ? await findLiveRole(db, references.roleId) : null;
  if (role) assertMayGrantRole(viewer, role);
}

/** @throws {ConflictError} when the indexes of live users would refuse the names. */
async function assertNamesAreFree(
  db: TenantDatabase,
  { username, email }: { readonly username?: string; readonly email: string },
  owner?: string,
): Promise<void> {
  const forms = storedForms(email);
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

/** @param path what brings the names: their own fields of the input, or the id of a user to be restored. */
function reportTakenName<T>(
  path: (field: 'username' | 'email') => readonly string[],
  write: () => Promise<T>,
): Promise<T> {
  return reportTaken((constraint) => {
    const field = constraint.includes('email') ? 'email' : 'username';
    return { path: path(field), message: message(`taken.${field}`) };
  }, write);
}

const inInput = (field: string) => ['input', field];
