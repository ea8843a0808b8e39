import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { changesBetween } from '../../audit/audit-entry.ts';
import { emailSchema, storedForms } from '../../auth/email-addresses.ts';
import { generatePassword, hashPassword, passwordSchema } from '../../auth/password.ts';
import type { Passwords } from '../../auth/password-queue.ts';
import { isPublishedPassword } from '../../auth/published-passwords.ts';
import { forgetAttempts } from '../../auth/sessions/account-attempts.ts';
import { type Account, findAccount, findTypedAccount } from '../../auth/sessions/accounts.ts';
import { storePassword } from '../../auth/sessions/password-changes.ts';
import { usernameSchema } from '../../auth/usernames.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { constraintViolation } from '../../db/database-errors.ts';
import { type CentralDatabase, managerIdentity } from '../../db/identity-database.ts';
import { textSchema } from '../../db/text.ts';
import {
  ConflictError,
  type FieldMessage,
  ForbiddenError,
  message,
  NotFoundError,
  parseInput,
  ValidationFailedError,
} from '../../errors/index.ts';
import { changeManagers, type ManagerEditor, type ManagerTools } from './manager-changes.ts';
import { type ManagerRow, managerColumns } from './managers.ts';

/** The input for a new manager. */
export const newManagerSchema = z.object({
  username: usernameSchema,
  email: emailSchema,
  fullName: textSchema(128),
  /** Without one, a password is made up that is good for one sign-in. */
  password: passwordSchema.nullish(),
});

/** A new manager whose input has been checked. */
export type NewManager = z.output<typeof newManagerSchema>;

/** A password that was made up. It is shown once and stored nowhere. */
interface OneTimePassword {
  readonly oneTimePassword: string;
  /** Until when it has to be used. */
  readonly expiresAt: Date;
}

/** A manager, and the password that they were given if that was made up. */
export type ManagerCredentials = ManagerRow & {
  readonly [Key in keyof OneTimePassword]: OneTimePassword[Key] | null;
};

/** A manager, and the password that replaces theirs. */
export type ResetCredentials = ManagerRow & OneTimePassword;

/** A manager's account can't be changed; the message says why. */
export class ManagerAccountError extends Error {
  override readonly name = 'ManagerAccountError';
}

/** A made-up password waits this long for its one sign-in. */
const oneTimePasswordHours = 72;

/** Hashes a password: at once in a script, in its turn in a server. */
type Hasher = Pick<Passwords, 'hash'>;

const unqueued: Hasher = { hash: hashPassword };

/**
 * Creates a manager.
 * @throws {ConflictError} when there is one of that username or email, deleted ones included.
 */
export async function createManager(
  tools: ManagerTools,
  { username, email, fullName, password }: NewManager,
  editor: ManagerEditor,
  passwords: Hasher = unqueued,
): Promise<ManagerCredentials> {
  await assertNamesAreFree(tools.central, username, email);
  const oneTime = password == null ? makeOneTimePassword() : null;
  const passwordHash = await passwords.hash(password ?? oneTime?.oneTimePassword ?? '');
  const id = randomUUID();
  const { oneTimePassword, expiresAt } = oneTime ?? { oneTimePassword: null, expiresAt: null };
  try {
    return await changeManagers(tools, editor, async ({ transaction, record }) => {
      const manager = await transaction.manager.create({
        data: {
          id,
          username,
          email,
          fullName,
          passwordHash,
          mustChangePassword: oneTime !== null,
          passwordExpiresAt: expiresAt,
        },
        select: managerColumns,
      });
      await record('manager.create', id, changesBetween(null, { username, email, fullName }));
      return { ...manager, oneTimePassword, expiresAt };
    });
  } catch (error) {
    const violation = constraintViolation(error);
    if (violation?.kind !== 'unique') throw error;
    throw violation.constraint.includes('email')
      ? emailTaken(email, { cause: error })
      : usernameTaken(username, { cause: error });
  }
}

/**
 * Runs {@link createManager} in a manager's name.
 * @param input what they say of the new one, to be checked.
 * @param production whether passwords from the documentation are refused.
 * @throws {ValidationFailedError} naming every field that is wrong.
 */
export async function createManagerFor(
  tools: ManagerTools,
  actor: Actor,
  input: object,
  passwords: Hasher,
  production: boolean,
): Promise<ManagerCredentials> {
  const manager = parseInput(newManagerSchema, input, []);
  if (production && manager.password != null && isPublishedPassword(manager.password)) {
    throw new ValidationFailedError([{ path: ['password'], message: message('password.common') }]);
  }
  return createManager(tools, manager, actor, passwords);
}

/** Runs before anything is hashed; the unique indexes have the last word. */
async function assertNamesAreFree(central: CentralClient, username: string, email: string): Promise<void> {
  const holders = await central.manager.findMany({
    where: { OR: [{ username }, { email: { in: storedForms(email) } }] },
    select: { username: true },
  });
  if (holders.some((holder) => holder.username === username)) throw usernameTaken(username);
  if (holders.length > 0) throw emailTaken(email);
}

function usernameTaken(username: string, options?: ErrorOptions): ConflictError {
  return taken('username', message('taken.managerUsername', { username }), options);
}

function emailTaken(email: string, options?: ErrorOptions): ConflictError {
  return taken('email', message('taken.managerEmail', { email }), options);
}

function taken(field: 'username' | 'email', said: FieldMessage, options?: ErrorOptions): ConflictError {
  return new ConflictError({ reason: 'TAKEN', fields: [{ path: [field], message: said }] }, options);
}

/**
 * Unlocks a manager who is locked out by failed sign-ins.
 * @param typed the username, as somebody types it.
 * @returns the username as it is stored, and whether there was anything to undo.
 * @throws {ManagerAccountError} when there is no such manager.
 */
export async function unlockManager(
  tools: ManagerTools,
  typed: string,
  operator: string,
): Promise<{ readonly username: string; readonly unlocked: boolean }> {
  return changeManagers(tools, operator, async ({ transaction, record }) => {
    const { id, username } = await findTyped(transaction, typed);
    if (!(await forgetAttempts(managerIdentity(transaction), id))) return { username, unlocked: false };
    await record('manager.unlock', id);
    return { username, unlocked: true };
  });
}

/** @param typed the username, as somebody types it. */
async function findTyped(central: CentralDatabase, typed: string): Promise<Account> {
  const account = await findTypedAccount(managerIdentity(central), typed);
  if (!account) throw new ManagerAccountError(`There is no manager ${typed}.`);
  return account;
}

/**
 * Gives a manager a single-use password: the next sign-in must also send a new one. Their sessions end.
 * @param typed the username, as somebody types it.
 * @throws {ManagerAccountError} when there is no such manager.
 */
export function resetManagerPassword(
  tools: ManagerTools,
  typed: string,
  operator: string,
): Promise<ResetCredentials> {
  return resetPassword(tools, operator, (database) => findTyped(database, typed), unqueued);
}

/**
 * {@link resetManagerPassword} by a manager, for another one of that id.
 * @throws {NotFoundError} when there is no such manager.
 * @throws {ForbiddenError} for oneself.
 */
export async function resetOtherManagersPassword(
  tools: ManagerTools,
  actor: Actor,
  managerId: string,
  passwords: Hasher,
): Promise<ResetCredentials> {
  if (managerId === actor.viewer.userId) throw new ForbiddenError(message('forbidden.resetOwnPassword'));
  const find = async (database: CentralDatabase) => {
    const account = await findAccount(managerIdentity(database), { id: managerId });
    if (!account) throw new NotFoundError('Manager');
    return account;
  };
  return resetPassword(tools, actor, find, passwords);
}

async function resetPassword(
  tools: ManagerTools,
  editor: ManagerEditor,
  find: (database: CentralDatabase) => Promise<Account>,
  passwords: Hasher,
): Promise<ResetCredentials> {
  await find(tools.central);
  const oneTime = makeOneTimePassword();
  const passwordHash = await passwords.hash(oneTime.oneTimePassword);
  return changeManagers(tools, editor, async ({ transaction, sessions, record }) => {
    const account = await find(transaction);
    const { id } = account;
    const stored = await storePassword(sessions.identity, account, {
      passwordHash,
      oneTimeUntil: oneTime.expiresAt,
    });
    if (!stored) {
      const { updatedAt } = await transaction.manager.findUniqueOrThrow({ where: { id } });
      throw new ConflictError({ reason: 'STALE', updatedAt });
    }
    await sessions.revokeSessions({ accountId: id }, 'password');
    await record('manager.reset_password', id);
    const manager = await transaction.manager.findUniqueOrThrow({ where: { id }, select: managerColumns });
    return { ...manager, ...oneTime };
  });
}

function makeOneTimePassword(): OneTimePassword {
  return {
    oneTimePassword: generatePassword(),
    expiresAt: new Date(Date.now() + oneTimePasswordHours * 3_600_000),
  };
}
