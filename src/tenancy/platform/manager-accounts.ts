import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { changesBetween } from '../../auth/audit/audit-entry.ts';
import { emailSchema, storedForms } from '../../auth/email-addresses.ts';
import { generatePassword, hashPassword, passwordSchema } from '../../auth/password.ts';
import { forgetAttempts } from '../../auth/sessions/account-attempts.ts';
import { type Account, findTypedAccount } from '../../auth/sessions/accounts.ts';
import { storePassword } from '../../auth/sessions/password-changes.ts';
import { revokeSessions } from '../../auth/sessions/sessions.ts';
import { usernameSchema } from '../../auth/usernames.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { constraintViolation } from '../../db/database-errors.ts';
import { type CentralDatabase, managerIdentity } from '../../db/identity-database.ts';
import { textSchema } from '../../db/text.ts';
import { recordOperation } from '../operator.ts';

/** What a new manager is. */
export const newManagerSchema = z.object({
  username: usernameSchema,
  email: emailSchema,
  fullName: textSchema(128),
  /** Without one, a password is made up that is good for one sign-in. */
  password: passwordSchema.optional(),
});

/** A manager's account, and the password that it was given if that was made up. */
export interface ManagerCredentials {
  readonly id: string;
  readonly username: string;
  /** Shown once and stored nowhere. */
  readonly oneTimePassword: string | null;
}

/** A manager's account can't be made or changed; the message says why. */
export class ManagerAccountError extends Error {
  override readonly name = 'ManagerAccountError';
}

/** How long a made-up password waits for its one sign-in. */
const oneTimePasswordHours = 72;

/**
 * Makes a manager.
 * @param operator who does it, as the central audit log names them.
 * @throws {ManagerAccountError} when there is one of that username or email, deleted ones included.
 */
export async function createManager(
  central: CentralClient,
  input: z.output<typeof newManagerSchema>,
  operator: string,
): Promise<ManagerCredentials> {
  const { username, email, fullName, password } = input;
  await assertNamesAreFree(central, username, email);
  const oneTimePassword = password === undefined ? generatePassword() : null;
  const passwordHash = await hashPassword(password ?? oneTimePassword ?? '');
  const id = randomUUID();
  try {
    await central.$transaction(async (transaction) => {
      await transaction.manager.create({
        data: {
          id,
          username,
          email,
          fullName,
          passwordHash,
          mustChangePassword: oneTimePassword !== null,
          passwordExpiresAt: oneTimePassword === null ? null : oneTimePasswordEnd(),
        },
        select: { id: true },
      });
      await recordOperation(
        { central: transaction, operator: { kind: 'script', name: operator } },
        {
          action: 'manager.create',
          entityType: 'Manager',
          entityId: id,
          changes: changesBetween(null, { username, email, fullName }),
        },
        null,
      );
    });
  } catch (error) {
    const violation = constraintViolation(error);
    if (violation?.kind !== 'unique') throw error;
    throw nameTaken(violation.constraint.includes('email') ? { email } : { username }, { cause: error });
  }
  return { id, username, oneTimePassword };
}

/** Runs before anything is hashed; the unique indexes have the last word. */
async function assertNamesAreFree(central: CentralClient, username: string, email: string): Promise<void> {
  const holder = await central.manager.findFirst({
    where: { OR: [{ username }, { email: { in: storedForms(email) } }] },
    select: { username: true },
  });
  if (holder) throw nameTaken(holder.username === username ? { username } : { email });
}

function nameTaken(
  taken: { readonly username: string } | { readonly email: string },
  options?: ErrorOptions,
): ManagerAccountError {
  return new ManagerAccountError(
    'email' in taken
      ? `There is a manager with the email address ${taken.email} already.`
      : `There is a manager ${taken.username} already.`,
    options,
  );
}

/**
 * Unlocks a manager who is locked out by failed sign-ins.
 * @param typed the username, as somebody types it.
 * @returns the username as it is stored, and whether there was anything to undo.
 * @throws {ManagerAccountError} when there is no such manager.
 */
export async function unlockManager(
  central: CentralClient,
  typed: string,
  operator: string,
): Promise<{ readonly username: string; readonly unlocked: boolean }> {
  return central.$transaction(async (transaction) => {
    const identity = managerIdentity(transaction);
    const { id, username } = await findManager(transaction, typed);
    if (!(await forgetAttempts(identity, id))) return { username, unlocked: false };
    await recordOperation(
      { central: transaction, operator: { kind: 'script', name: operator } },
      { action: 'manager.unlock', entityType: 'Manager', entityId: id },
      null,
    );
    return { username, unlocked: true };
  });
}

/** @param typed the username, as somebody types it. */
async function findManager(central: CentralDatabase, typed: string): Promise<Account> {
  const account = await findTypedAccount(managerIdentity(central), typed);
  if (!account) throw new ManagerAccountError(`There is no manager ${typed}.`);
  return account;
}

/**
 * Gives a manager a password that is good for one sign-in, which has to bring a new one. Their sessions end.
 * @param tell has every process read the managers' sessions again.
 * @throws {ManagerAccountError} when there is no such manager.
 */
export async function resetManagerPassword(
  central: CentralClient,
  typed: string,
  operator: string,
  tell: () => Promise<void> = async () => {},
): Promise<ManagerCredentials> {
  await findManager(central, typed);
  const oneTimePassword = generatePassword();
  const passwordHash = await hashPassword(oneTimePassword);
  const reset = central.$transaction(async (transaction) => {
    const identity = managerIdentity(transaction);
    const account = await findManager(transaction, typed);
    const { id, username } = account;
    const stored = await storePassword(identity, account, {
      passwordHash,
      temporaryUntil: oneTimePasswordEnd(),
    });
    if (!stored)
      throw new ManagerAccountError(`Somebody has changed manager ${username} meanwhile. Try again.`);
    await revokeSessions(identity, { accountId: id }, 'password');
    await recordOperation(
      { central: transaction, operator: { kind: 'script', name: operator } },
      { action: 'manager.reset_password', entityType: 'Manager', entityId: id },
      null,
    );
    return { id, username, oneTimePassword };
  });
  // Also if the answer was lost: the sessions may have ended.
  return reset.finally(tell);
}

function oneTimePasswordEnd(): Date {
  return new Date(Date.now() + oneTimePasswordHours * 3_600_000);
}
