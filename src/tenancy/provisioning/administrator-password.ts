import { changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import { generatePassword, hashPassword } from '../../auth/password.ts';
import { findTypedAccount } from '../../auth/sessions/accounts.ts';
import { storePassword } from '../../auth/sessions/password-changes.ts';
import { revokeSessions } from '../../auth/sessions/sessions.ts';
import { tenantIdentity } from '../../db/identity-database.ts';
import { withIdentityLock } from '../../db/identity-lock.ts';
import { openScriptClient, type TenantClient } from '../../db/tenant-client.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { auditActorOf, type Operator, operatorChanges, operatorOf, recordAround } from '../operator.ts';
import { scriptTarget } from '../tenant.ts';
import { firstPasswordEnd, readKeptAdministrator } from './first-administrator.ts';
import { ProvisioningError } from './provisioning-error.ts';
import type { ProvisioningTools } from './provisioning-tools.ts';

/** An administrator's new password. */
export interface AdministratorPassword {
  readonly username: string;
  /** Shown once and stored nowhere. */
  readonly oneTimePassword: string;
  /** The reason why the central audit log does not say that it was given; null if it does. */
  readonly unrecorded: string | null;
}

/**
 * Gives an administrator of a tenant in service a password for one sign-in within 72 hours, at which a new one has to
 * be set. Ends their sessions.
 * @param named the administrator, as somebody types the username; the first administrator if undefined.
 * @param tell has every process read the sessions of the tenant's people again.
 * @throws {ProvisioningError} when there is no such tenant or administrator.
 */
export async function resetAdministratorPassword(
  tools: ProvisioningTools,
  tenantKey: string,
  named: string | undefined,
  tell: () => Promise<void> = async () => {},
): Promise<AdministratorPassword> {
  const tenant = await tools.central.tenant.findUnique({ where: { tenantKey } });
  if (!tenant) throw new ProvisioningError(`There is no tenant ${tenantKey}.`);
  if (tenant.status !== 'active' && tenant.status !== 'suspended') {
    throw new ProvisioningError(
      `Tenant ${tenantKey} is ${tenant.status}: its administrator’s password is set by finishing it.`,
    );
  }
  const administrator = named ?? (await readKeptAdministrator(tools.central, tenant.id))?.username;
  if (administrator === undefined) {
    throw new ProvisioningError(
      `Tenant ${tenantKey} has no record of its first administrator: name one with --admin-username.`,
    );
  }
  const password = generatePassword();
  const passwordHash = await hashPassword(password);
  let unrecorded: string | null = null;
  const username = await recordAround(
    tools,
    {
      action: 'tenant.reset_administrator_password',
      entityType: 'Tenant',
      entityId: tenantKey,
      changes: changesBetween(null, { username: administrator }),
    },
    tenantKey,
    () =>
      withTenantClient(tools, tenant, (db) =>
        storeAdministratorPassword(db, tenantKey, administrator, passwordHash, operatorOf(tools)),
      ),
    undefined,
    (reason) => {
      unrecorded = reason;
    },
    // Also if the answer was lost: the sessions may have ended.
  ).finally(tell);
  return { username, oneTimePassword: password, unrecorded };
}

async function withTenantClient<T>(
  { secrets }: ProvisioningTools,
  tenant: TenantRow,
  work: (db: TenantClient) => Promise<T>,
): Promise<T> {
  const db = await openScriptClient(await scriptTarget(tenant, secrets));
  return work(db).finally(() => db.$disconnect());
}

/** @returns the administrator's username as it is stored. */
async function storeAdministratorPassword(
  db: TenantClient,
  tenantKey: string,
  typed: string,
  passwordHash: string,
  operator: Operator,
): Promise<string> {
  return withIdentityLock(db, async (transaction) => {
    const identity = tenantIdentity(transaction);
    const account = await findTypedAccount(identity, typed);
    const isAdministrator =
      account !== null &&
      (await transaction.user.count({
        where: {
          id: account.id,
          isActive: true,
          OR: [{ accessEndsAt: null }, { accessEndsAt: { gt: new Date() } }],
          role: { code: 'tenant_admin', isSystemRole: true },
        },
      })) > 0;
    if (!account || !isAdministrator) {
      throw new ProvisioningError(
        `Tenant ${tenantKey} has no active administrator ${typed}: name one with --admin-username.`,
      );
    }
    const stored = await storePassword(identity, account, {
      passwordHash,
      oneTimeUntil: firstPasswordEnd(),
    });
    if (!stored)
      throw new ProvisioningError(`Somebody has changed ${account.username} meanwhile. Try again.`);
    await revokeSessions(identity, { accountId: account.id }, 'password');
    await recordAudit(transaction, auditActorOf(operator), {
      action: 'user.reset_password',
      entityType: 'User',
      entityId: account.id,
      changes: operatorChanges(operator),
    });
    return account.username;
  });
}
