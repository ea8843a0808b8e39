import { hashPassword } from '../../auth/password.ts';
import { auditUserId, type Viewer } from '../../auth/viewer.ts';
import { constraintViolation, isMissingRow } from '../../db/database-errors.ts';
import { containing } from '../../db/search.ts';
import type { Selection, TenantDatabase } from '../../db/tenant-client.ts';
import { searchSchema } from '../../db/text.ts';
import {
  ConflictError,
  type FieldProblem,
  NotFoundError,
  parseInput,
  ValidationFailedError,
} from '../../errors/index.ts';
import type { Prisma, User } from '../../generated/tenant/client.ts';
import { findLiveBranch } from '../branches/branch.service.ts';
import { findLiveDepartment } from '../departments/department.service.ts';
import { assertMayGrantRole, findLiveRole } from '../roles/role.service.ts';
import { createUserSchema, updateUserSchema } from './user.input.ts';

/** The columns that every loaded user has, whatever else the selection asks for. */
export type UserRow = Pick<User, 'id' | 'createdAt'>;

/** Which users a list shows. */
export interface UserFilter {
  readonly search?: string | null | undefined;
  readonly isActive?: boolean | null | undefined;
}

/**
 * The condition for live users that the filter lets through. A search looks into username, full name and email.
 * @throws {ValidationFailedError} for a search text that can't be searched for.
 */
export function userFilter({ search, isActive }: UserFilter): Prisma.UserWhereInput {
  const text = parseInput(searchSchema, search, ['search']);
  return {
    deletedAt: null,
    ...(isActive == null ? {} : { isActive }),
    ...(text === undefined
      ? {}
      : {
          OR: [{ username: containing(text) }, { fullName: containing(text) }, { email: containing(text) }],
        }),
  };
}

/** The live user of that id, or null. */
export function findUser(db: TenantDatabase, id: string, selection: Selection): Promise<UserRow | null> {
  return db.user.findUnique({ ...selection, where: { id, deletedAt: null } });
}

/**
 * Creates an active user.
 * @throws {ValidationFailedError} for a field that is wrong, or that names a row which is not there.
 * @throws {ConflictError} when a live user has that username or email address.
 * @throws {ForbiddenError} when the role grants more than the viewer has.
 */
export async function createUser(
  db: TenantDatabase,
  viewer: Viewer,
  input: unknown,
  selection: Selection,
): Promise<UserRow> {
  const { password, ...fields } = parseInput(createUserSchema, input, ['input']);
  await checkReferences(db, viewer, fields);
  const passwordHash = await hashPassword(password);
  const author = auditUserId(viewer);
  return reportConflicts(() =>
    db.user.create({
      ...selection,
      data: {
        username: fields.username,
        email: fields.email,
        passwordHash,
        fullName: fields.fullName,
        phone: fields.phone ?? null,
        position: fields.position ?? null,
        departmentId: fields.departmentId ?? null,
        roleId: fields.roleId ?? null,
        branchId: fields.branchId ?? null,
        createdBy: author,
        updatedBy: author,
      },
    }),
  );
}

/**
 * Changes the fields that `input` has; null clears one.
 * @throws {NotFoundError} when there is no live user of that id.
 * @throws as {@link createUser}.
 */
export async function updateUser(
  db: TenantDatabase,
  viewer: Viewer,
  id: string,
  input: unknown,
  selection: Selection,
): Promise<UserRow> {
  const fields = parseInput(updateUserSchema, input, ['input']);
  await checkReferences(db, viewer, fields);
  return reportConflicts(() =>
    db.user.update({
      ...selection,
      where: { id, deletedAt: null },
      data: { ...fields, updatedBy: auditUserId(viewer) },
    }),
  );
}

/**
 * Marks a user as deleted; the username and the email address are free again at once.
 * @returns the username.
 * @throws {NotFoundError} when there is no live user of that id.
 */
export async function deleteUser(db: TenantDatabase, viewer: Viewer, id: string): Promise<string> {
  const { username } = await reportConflicts(() =>
    db.user.update({
      where: { id, deletedAt: null },
      data: { deletedAt: new Date(), deletedBy: auditUserId(viewer) },
      select: { username: true },
    }),
  );
  return username;
}

interface References {
  readonly departmentId?: string | null | undefined;
  readonly roleId?: string | null | undefined;
  readonly branchId?: string | null | undefined;
}

async function checkReferences(db: TenantDatabase, viewer: Viewer, references: References): Promise<void> {
  const { departmentId, roleId, branchId } = references;
  const [department, role, branch] = await Promise.all([
    departmentId ? findLiveDepartment(db, departmentId) : undefined,
    roleId ? findLiveRole(db, roleId) : undefined,
    branchId ? findLiveBranch(db, branchId) : undefined,
  ]);
  const problems: FieldProblem[] = [];
  if (department === null)
    problems.push({ path: ['input', 'departmentId'], message: 'There is no such department.' });
  if (role === null) problems.push({ path: ['input', 'roleId'], message: 'There is no such role.' });
  if (branch === null) problems.push({ path: ['input', 'branchId'], message: 'There is no such branch.' });
  if (problems.length > 0) throw new ValidationFailedError(problems);
  if (role) assertMayGrantRole(viewer, role);
}

async function reportConflicts<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isMissingRow(error)) throw new NotFoundError('The user');
    const violation = constraintViolation(error);
    if (violation?.kind !== 'unique') throw error;
    const field = violation.constraint.includes('email') ? 'email' : 'username';
    const what = { email: 'email address', username: 'username' }[field];
    throw new ConflictError(`Another user has this ${what}.`, field, { cause: error });
  }
}
