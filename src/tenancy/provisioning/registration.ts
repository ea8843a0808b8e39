import { z } from 'zod';
import { generatePassword } from '../../auth/password.ts';
import type { CentralClient } from '../../db/central-client.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { SecretName } from '../secrets/secret-provider.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { applicationSecret } from '../tenant.ts';
import { ownerRoleName, ownerSecret } from '../tenant-owner.ts';
import { choosePlace, type DatabaseAddress, type DatabasePlace } from './database-place.ts';
import { ProvisioningError } from './provisioning-error.ts';
import type { ProvisioningRequest } from './provisioning-request.ts';

/** The tenant's first administrator. */
export interface FirstAdministrator {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  /** The password was made up by this program: the first sign-in has to bring another. */
  readonly passwordIsGenerated: boolean;
}

/** The setting that keeps the first administrator. */
export const administratorConfigKey = 'provisioning.first_administrator';

/** How the first administrator is kept, so that a run killed halfway can go on with the same password. */
export const sealedAdministratorSchema = z.object({
  username: z.string(),
  email: z.string(),
  sealedPassword: z.string(),
  passwordIsGenerated: z.boolean().default(false),
});

/**
 * Records the tenant as being provisioned. An earlier unfinished run's record is completed: passwords, the
 * company's name, the plan and the seats may be given anew, the place of the database may not.
 * @throws {ProvisioningError} when the request wants the database elsewhere than the record says.
 */
export function registerTenant(
  central: CentralClient,
  secrets: TenantSecrets,
  request: ProvisioningRequest,
  defaultAddress: DatabaseAddress,
): Promise<TenantRow> {
  return central.$transaction((transaction) =>
    writeRegistration(transaction, secrets, request, defaultAddress),
  );
}

/** {@link registerTenant} in a transaction that records more than the tenant. */
export async function writeRegistration(
  transaction: CentralDatabase,
  secrets: TenantSecrets,
  request: ProvisioningRequest,
  defaultAddress: DatabaseAddress,
): Promise<TenantRow> {
  const { tenantKey } = request;
  const recorded = await transaction.tenant.findUnique({ where: { tenantKey } });
  if (recorded) assertSamePlace(recorded, request);
  const place = recorded ? placeOf(recorded) : await choosePlace(transaction, request, defaultAddress);
  const data = {
    ...place,
    companyName: request.companyName,
    plan: request.plan ?? recorded?.plan ?? 'starter',
    maxUsers: request.maxUsers ?? recorded?.maxUsers ?? 50,
    dbPasswordEncrypted:
      recorded && request.dbPassword === undefined
        ? recorded.dbPasswordEncrypted
        : await secrets.write(applicationSecret(tenantKey), request.dbPassword ?? generatePassword()),
    dbOwnerUser: recorded?.dbOwnerUser ?? ownerRoleName(place.dbUser),
    dbOwnerPasswordEncrypted:
      recorded?.dbOwnerPasswordEncrypted ?? (await secrets.write(ownerSecret(tenantKey), generatePassword())),
    status: 'provisioning',
    statusReason: null,
    createdBy: recorded?.createdBy ?? request.createdBy ?? null,
  } as const;
  const tenant = await transaction.tenant.upsert({
    where: { tenantKey },
    create: { tenantKey, ...data },
    update: data,
  });
  const key = { tenantId: tenant.id, configKey: administratorConfigKey };
  const known = sealedAdministratorSchema.safeParse(
    (await transaction.tenantConfig.findUnique({ where: { tenantId_configKey: key } }))?.configValue,
  ).data;
  const password =
    known && request.adminPassword === undefined
      ? { sealedPassword: known.sealedPassword, passwordIsGenerated: known.passwordIsGenerated }
      : {
          sealedPassword: await secrets.write(
            administratorSecret(tenantKey),
            request.adminPassword ?? generatePassword(),
          ),
          passwordIsGenerated: request.adminPassword === undefined,
        };
  const configValue = {
    username: request.adminUsername ?? known?.username ?? 'admin',
    // A domain that can't exist (RFC 2606): mail to it goes nowhere until somebody sets the right address.
    email: request.adminEmail ?? known?.email ?? `admin@${tenantKey.replaceAll('_', '-')}.invalid`,
    ...password,
  };
  await transaction.tenantConfig.upsert({
    where: { tenantId_configKey: key },
    create: { ...key, configValue },
    update: { configValue },
  });
  return tenant;
}

/** The first administrator as registered, with the password that it had then; null for a tenant registered otherwise. */
export async function readFirstAdministrator(
  central: CentralDatabase,
  secrets: TenantSecrets,
  tenant: Pick<TenantRow, 'id' | 'tenantKey'>,
): Promise<FirstAdministrator | null> {
  const config = await central.tenantConfig.findUnique({
    where: { tenantId_configKey: { tenantId: tenant.id, configKey: administratorConfigKey } },
  });
  if (!config) return null;
  const { sealedPassword, ...administrator } = sealedAdministratorSchema.parse(config.configValue);
  return {
    ...administrator,
    password: await secrets.read(administratorSecret(tenant.tenantKey), sealedPassword),
  };
}

/** Removes a tenant's secrets from wherever they are, for a tenant that is given up. */
export async function removeSecrets(
  central: CentralClient,
  secrets: TenantSecrets,
  { id, tenantKey, dbPasswordEncrypted, dbOwnerPasswordEncrypted }: TenantRow,
): Promise<void> {
  const config = await central.tenantConfig.findUnique({
    where: { tenantId_configKey: { tenantId: id, configKey: administratorConfigKey } },
  });
  const administrator = sealedAdministratorSchema.safeParse(config?.configValue).data;
  await secrets.remove(applicationSecret(tenantKey), dbPasswordEncrypted);
  if (dbOwnerPasswordEncrypted !== null) {
    await secrets.remove(ownerSecret(tenantKey), dbOwnerPasswordEncrypted);
  }
  if (administrator) await secrets.remove(administratorSecret(tenantKey), administrator.sealedPassword);
}

/** The password that the first administrator was given. */
function administratorSecret(tenantKey: string): SecretName {
  return { tenantKey, purpose: 'administrator' };
}

function placeOf({ dbHost, dbPort, dbName, dbUser }: DatabasePlace): DatabasePlace {
  return { dbHost, dbPort, dbName, dbUser };
}

function assertSamePlace(recorded: TenantRow, wanted: ProvisioningRequest): void {
  for (const column of ['dbHost', 'dbPort', 'dbName', 'dbUser'] as const) {
    if (wanted[column] !== undefined && recorded[column] !== wanted[column]) {
      throw new ProvisioningError(
        `Tenant ${recorded.tenantKey} was begun with ${column} ${recorded[column]}. Go on without another one, or remove what was made with --cleanup and start again.`,
      );
    }
  }
}
