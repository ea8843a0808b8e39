import { generatePassword } from '../../auth/password.ts';
import type { CentralClient } from '../../db/central-client.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { SecretName } from '../secrets/secret-provider.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { applicationSecret } from '../tenant.ts';
import { ownerRoleName, ownerSecret } from '../tenant-owner.ts';
import { choosePlace, type DatabasePlace, holdRoles, type PlaceDefaults } from './database-place.ts';
import {
  administratorConfigKey,
  administratorSecret,
  firstPasswordEnd,
  type KeptAdministrator,
  passwordEndOf,
  readKeptAdministrator,
} from './first-administrator.ts';
import { ProvisioningError } from './provisioning-error.ts';
import { databaseAddressSchema, type ProvisioningRequest } from './provisioning-request.ts';

export { readFirstAdministrator } from './first-administrator.ts';

/** The dependencies of registration. */
export interface RegistrationTools extends PlaceDefaults {
  readonly central: CentralClient;
  readonly secrets: TenantSecrets;
}

/** A registered tenant, and whatever else its transaction has recorded. */
export interface Registration<T> {
  readonly tenant: TenantRow;
  /** The first administrator's password if this registration has generated it; otherwise null. */
  readonly generatedPassword: string | null;
  readonly recorded: T;
}

/** Stores a secret, and notes it in case it has to be taken back. @returns its reference. */
type Store = (name: SecretName, secret: string) => Promise<string>;

/**
 * Records the tenant as being provisioned, or completes the record of an earlier unfinished run: passwords, the
 * company's name, the plan and the seats may be given again; the place of the database may not. The caller has to hold
 * the tenant's provisioning lock.
 *
 * Passwords are stored before the transaction, since their store may be slow; one that ends up unreferenced is taken
 * back.
 * @param record records what belongs to it in the same transaction; `before` is the earlier run's record.
 * @throws {ProvisioningError} when the request wants the database elsewhere than the record says.
 */
export async function registerTenant<T>(
  tools: RegistrationTools,
  request: ProvisioningRequest,
  record: (transaction: CentralDatabase, tenant: TenantRow, before: TenantRow | null) => Promise<T>,
): Promise<Registration<T>> {
  const { central, secrets } = tools;
  const { tenantKey } = request;
  const before = await central.tenant.findUnique({ where: { tenantKey } });
  if (before) assertSamePlace(before, request);
  const stored: StoredSecret[] = [];
  const store: Store = async (name, secret) => {
    const reference = await secrets.write(name, secret);
    stored.push({ name, reference });
    return reference;
  };
  try {
    const write = before
      ? await completeTenant(before, request, store)
      : await newTenant(request, await choosePlace(central, request, tools), store);
    const administrator = await appointAdministrator(
      request,
      before && (await readUnfinishedAdministrator(central, before)),
      store,
    );
    return await central.$transaction(async (transaction) => {
      const tenant = await write(transaction);
      await writeAdministrator(transaction, tenant.id, administrator.kept);
      const recorded = await record(transaction, tenant, before);
      return { tenant, generatedPassword: administrator.generatedPassword, recorded };
    });
  } catch (error) {
    await takeBackUnrecorded(tools, tenantKey, stored);
    throw error;
  }
}

/**
 * Removes the secrets of a tenant that is given up, from wherever they are.
 * @param tenant its record; null if it was never recorded.
 */
export async function removeSecrets(
  { central, secrets }: Pick<RegistrationTools, 'central' | 'secrets'>,
  tenantKey: string,
  tenant: TenantRow | null,
): Promise<void> {
  const kept = tenant && (await readKeptAdministrator(central, tenant.id));
  await secrets.remove(applicationSecret(tenantKey), tenant?.dbPasswordEncrypted ?? null);
  await secrets.remove(ownerSecret(tenantKey), tenant?.dbOwnerPasswordEncrypted ?? null);
  await secrets.remove(administratorSecret(tenantKey), kept?.sealedPassword ?? null);
}

/** Removes the secrets that the tenant's record names; older ones of the same key stay. */
export async function takeBackSecrets(
  { central, secrets }: Pick<RegistrationTools, 'central' | 'secrets'>,
  tenant: TenantRow,
): Promise<void> {
  const { tenantKey, id, dbPasswordEncrypted, dbOwnerPasswordEncrypted } = tenant;
  const kept = await readKeptAdministrator(central, id);
  await secrets.takeBack(applicationSecret(tenantKey), dbPasswordEncrypted);
  if (dbOwnerPasswordEncrypted !== null)
    await secrets.takeBack(ownerSecret(tenantKey), dbOwnerPasswordEncrypted);
  if (kept?.sealedPassword != null) {
    await secrets.takeBack(administratorSecret(tenantKey), kept.sealedPassword);
  }
}

const placeColumns = [...databaseAddressSchema.keyof().options, 'dbName', 'dbUser', 'dbOwnerUser'] as const;

function flagOf(column: string): string {
  return `--${column.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** @throws {ProvisioningError} when the request wants the database elsewhere than the earlier run's record says. */
export function assertSamePlace(recorded: TenantRow, wanted: ProvisioningRequest): void {
  if (wanted.existingDatabase && !recorded.dbIsProvided) {
    throw new ProvisioningError(
      `Tenant ${recorded.tenantKey} was begun without --existing-database. Continue without it, or run --cleanup to remove what was created, and start again.`,
    );
  }
  for (const column of placeColumns) {
    if (wanted[column] !== undefined && recorded[column] !== wanted[column]) {
      throw new ProvisioningError(
        `Tenant ${recorded.tenantKey} was begun with ${flagOf(column)} ${recorded[column]}. Continue without another one, or run --cleanup to remove what was created, and start again.`,
      );
    }
  }
}

/** Stores a new tenant's passwords. @returns a function that writes its row. */
async function newTenant(request: ProvisioningRequest, place: DatabasePlace, store: Store) {
  const { tenantKey, companyName, plan = 'starter', maxUsers = 50, createdBy = null } = request;
  const data = {
    ...place,
    tenantKey,
    companyName,
    plan,
    maxUsers,
    createdBy,
    dbPasswordEncrypted: await store(applicationSecret(tenantKey), request.dbPassword ?? generatePassword()),
    dbOwnerPasswordEncrypted: await store(
      ownerSecret(tenantKey),
      request.dbOwnerPassword ?? generatePassword(),
    ),
  };
  return async (transaction: CentralDatabase) => {
    await holdRoles(transaction, tenantKey, place);
    return transaction.tenant.create({ data });
  };
}

/** Stores the passwords that an unfinished tenant is given again, or lacks. @returns a function that writes its row. */
async function completeTenant(before: TenantRow, request: ProvisioningRequest, store: Store) {
  const { tenantKey, companyName, plan, maxUsers, dbPassword, dbOwnerPassword } = request;
  const data = {
    companyName,
    ...(plan === undefined ? {} : { plan }),
    ...(maxUsers === undefined ? {} : { maxUsers }),
    ...(dbPassword === undefined
      ? {}
      : { dbPasswordEncrypted: await store(applicationSecret(tenantKey), dbPassword) }),
    ...(before.dbOwnerUser === null ? { dbOwnerUser: ownerRoleName(before.dbUser) } : {}),
    ...(before.dbOwnerPasswordEncrypted === null || dbOwnerPassword !== undefined
      ? {
          dbOwnerPasswordEncrypted: await store(
            ownerSecret(tenantKey),
            dbOwnerPassword ?? generatePassword(),
          ),
        }
      : {}),
    status: 'provisioning',
    statusReason: null,
  } as const;
  return (transaction: CentralDatabase) => transaction.tenant.update({ where: { id: before.id }, data });
}

/** Reads an earlier run's administrator; the password only if it has not expired. */
async function readUnfinishedAdministrator(
  central: CentralDatabase,
  tenant: TenantRow,
): Promise<KeptAdministrator | null> {
  const kept = await readKeptAdministrator(central, tenant.id);
  return kept && passwordEndOf(kept, tenant) <= new Date() ? { ...kept, sealedPassword: null } : kept;
}

/** Determines the first administrator from this request or an earlier one, and stores a password if needed. */
async function appointAdministrator(
  { tenantKey, adminUsername, adminEmail, adminPassword }: ProvisioningRequest,
  earlier: KeptAdministrator | null,
  store: Store,
): Promise<{ readonly kept: KeptAdministrator; readonly generatedPassword: string | null }> {
  const person = {
    username: adminUsername ?? earlier?.username ?? 'admin',
    // A domain that can't exist (RFC 2606): mail goes nowhere until somebody sets the right address.
    email: adminEmail ?? earlier?.email ?? `admin@${tenantKey.replaceAll('_', '-')}.invalid`,
  };
  if (earlier && earlier.sealedPassword !== null && adminPassword === undefined) {
    return { kept: { ...earlier, ...person }, generatedPassword: null };
  }
  const generatedPassword = adminPassword === undefined ? generatePassword() : null;
  const password = adminPassword ?? generatedPassword ?? '';
  return {
    kept: {
      ...person,
      sealedPassword: await store(administratorSecret(tenantKey), password),
      passwordIsGenerated: generatedPassword !== null,
      passwordExpiresAt: firstPasswordEnd().toISOString(),
    },
    generatedPassword,
  };
}

async function writeAdministrator(
  transaction: CentralDatabase,
  tenantId: number,
  configValue: KeptAdministrator,
): Promise<void> {
  const key = { tenantId, configKey: administratorConfigKey };
  await transaction.tenantConfig.upsert({
    where: { tenantId_configKey: key },
    create: { ...key, configValue },
    update: { configValue },
  });
}

interface StoredSecret {
  readonly name: SecretName;
  readonly reference: string;
}

/**
 * Takes back the secrets of a tenant that was not recorded. `--cleanup` removes those for which this can't be found
 * out or done.
 */
async function takeBackUnrecorded(
  { central, secrets }: RegistrationTools,
  tenantKey: string,
  stored: readonly StoredSecret[],
): Promise<void> {
  try {
    // If the connection was lost at the end, the transaction may have been committed.
    const recorded = await central.tenant.findUnique({ where: { tenantKey }, select: { id: true } });
    if (recorded) return;
    for (const { name, reference } of stored) await secrets.takeBack(name, reference);
  } catch {
    // The caller has to get the reason why registration failed.
  }
}
