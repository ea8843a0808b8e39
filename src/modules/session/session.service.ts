import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { LockoutPolicy } from '../../auth/lockout.ts';
import { verifyAgainstNothing, verifyPassword } from '../../auth/password.ts';
import type { Viewer } from '../../auth/viewer.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import { InvalidCredentialsError, UnauthenticatedError } from '../../errors/index.ts';
import type { Prisma } from '../../generated/tenant/client.ts';
import { grantsSelection, roleGrants } from '../roles/role.service.ts';

/** A viewer who is a user of a tenant. */
export type TenantViewer = Viewer & { readonly tenantKey: string };

/** Bounds only: whatever else is wrong with a username or password is found out by looking. */
const credentialsSchema = z.object({
  username: z
    .string()
    .trim()
    .toLowerCase()
    .min(1)
    .max(64)
    .regex(/^\P{Cc}*$/u),
  password: z.string().min(1).max(128),
});

const accountSelection = {
  id: true,
  passwordHash: true,
  isActive: true,
  role: { select: { ...grantsSelection, deletedAt: true } },
} satisfies Prisma.UserSelect;

type Account = Prisma.UserGetPayload<{ select: typeof accountSelection }>;

/**
 * Checks a username and password.
 * @param db the tenant's database, or null when there is no such tenant.
 * @throws {InvalidCredentialsError} for every reason alike, after the work that a wrong password takes.
 */
export async function signIn(
  db: TenantDatabase | null,
  tenantKey: string,
  credentials: { readonly username: string; readonly password: string },
  lockout: LockoutPolicy,
): Promise<TenantViewer> {
  const { success, data } = credentialsSchema.safeParse(credentials);
  const account =
    db && success
      ? await db.user.findFirst({
          where: { username: data.username, deletedAt: null },
          select: accountSelection,
        })
      : null;
  const mayTry = db !== null && account !== null && (await countAttempt(db, account.id, lockout));
  const verified =
    mayTry && success
      ? await verifyPassword(account.passwordHash, data.password)
      : await verifyAgainstNothing(credentials.password.slice(0, 128));
  if (!verified || !mayTry || !account.isActive) throw new InvalidCredentialsError();
  await recordSignIn(db, account.id);
  return viewerOf(account, tenantKey, randomUUID());
}

/**
 * Looks up what a user may do now, for a refresh.
 * @throws {UnauthenticatedError} when the user is gone or no longer active.
 */
export async function loadViewer(
  db: TenantDatabase,
  tenantKey: string,
  userId: string,
  sessionId: string,
): Promise<TenantViewer> {
  const account = await db.user.findUnique({
    where: { id: userId, deletedAt: null },
    select: accountSelection,
  });
  if (!account?.isActive) throw new UnauthenticatedError('Your account is no longer active.');
  return viewerOf(account, tenantKey, sessionId);
}

/**
 * Counts an attempt as failed before it is checked, and says whether it may be made at all. Counting first
 * bounds the guesses that parallel requests get: each takes its turn on the row.
 */
async function countAttempt(db: TenantDatabase, userId: string, lockout: LockoutPolicy): Promise<boolean> {
  const counted = await db.$executeRaw`
    UPDATE sys.users
    SET failed_login_attempts = CASE WHEN locked_until IS NULL THEN failed_login_attempts + 1 ELSE 1 END,
        locked_until = CASE
          WHEN (CASE WHEN locked_until IS NULL THEN failed_login_attempts + 1 ELSE 1 END) >= ${lockout.failureLimit}
          THEN now() + make_interval(secs => ${lockout.lockSeconds})
        END
    WHERE id = ${userId}::uuid AND (locked_until IS NULL OR locked_until <= now())`;
  return counted === 1;
}

/** In SQL, because signing in is no change of the user that `updated_at` should tell of. */
async function recordSignIn(db: TenantDatabase, userId: string): Promise<void> {
  await db.$executeRaw`
    UPDATE sys.users
    SET failed_login_attempts = 0, locked_until = NULL, last_login_at = now()
    WHERE id = ${userId}::uuid`;
}

function viewerOf({ id, role }: Account, tenantKey: string, sessionId: string): TenantViewer {
  const grants = role && role.deletedAt === null ? roleGrants(role) : null;
  return {
    userId: id,
    sessionId,
    tenantKey,
    role: grants?.code === 'tenant_admin' ? 'tenant_admin' : 'tenant_user',
    permissions: new Set(grants?.permissions),
  };
}
