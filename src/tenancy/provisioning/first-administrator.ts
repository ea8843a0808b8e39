import { z } from 'zod';
import type { CentralDatabase } from '../../db/identity-database.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { SecretName } from '../secrets/secret-provider.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';

/** The reason why a first password is no longer kept. */
export type PasswordEnd = 'used' | 'expired';

/** The state of a first password: `unknown` while the tenant's database does not say whether it was used. */
export type PasswordState = 'kept' | PasswordEnd | 'unknown';

/** The tenant's first administrator. */
export interface FirstAdministrator {
  readonly username: string;
  readonly email: string;
  /** The first password; null unless it is kept. */
  readonly password: string | null;
  readonly passwordState: PasswordState;
  /** The latest time until which the password is kept; a generated one is valid until then, too. */
  readonly passwordExpiresAt: Date;
  /** True when the password was generated, so that the first sign-in has to set another. */
  readonly passwordIsGenerated: boolean;
}

/** The key of the setting that stores the first administrator. */
export const administratorConfigKey = 'provisioning.first_administrator';

/** The time for which an unused first password is kept. */
const firstPasswordHours = 72;

/** The stored first administrator, with whom a run that was killed halfway can go on with the same password. */
export const keptAdministratorSchema = z.object({
  username: z.string(),
  email: z.string(),
  /** The account that has the password, once it exists; absent in records of earlier versions. */
  accountId: z.uuid().optional(),
  /** Null once it has been used or has expired. */
  sealedPassword: z.string().nullable(),
  passwordIsGenerated: z.boolean().default(false),
  /** Absent in records of the first version. */
  passwordExpiresAt: z.iso.datetime().optional(),
  passwordEnded: z.enum(['used', 'expired']).optional(),
});

/** The first administrator as stored in the tenant's settings. */
export type KeptAdministrator = z.output<typeof keptAdministratorSchema>;

/** The secret that is the first administrator's initial password. */
export function administratorSecret(tenantKey: string): SecretName {
  return { tenantKey, purpose: 'administrator' };
}

/** The expiry of a first password that is set now. */
export function firstPasswordEnd(): Date {
  return hoursAfter(new Date());
}

/** The expiry of a kept password. The first version did not record it: there it counts from the tenant's creation. */
export function passwordEndOf(kept: KeptAdministrator, { createdAt }: Pick<TenantRow, 'createdAt'>): Date {
  return kept.passwordExpiresAt === undefined ? hoursAfter(createdAt) : new Date(kept.passwordExpiresAt);
}

function hoursAfter(moment: Date): Date {
  return new Date(moment.getTime() + firstPasswordHours * 3_600_000);
}

/** Reads the first administrator from the settings; null for a tenant that was registered in another way. */
export async function readKeptAdministrator(
  central: CentralDatabase,
  tenantId: number,
): Promise<KeptAdministrator | null> {
  const config = await central.tenantConfig.findUnique({
    where: { tenantId_configKey: { tenantId, configKey: administratorConfigKey } },
  });
  return config && keptAdministratorSchema.parse(config.configValue);
}

/** Records which account of the tenant's database has the kept password. */
export async function recordAccount(
  central: CentralDatabase,
  tenantId: number,
  accountId: string,
): Promise<void> {
  await central.$executeRaw`
    UPDATE tenant_configs SET config_value = config_value || jsonb_build_object('accountId', ${accountId}::text)
    WHERE tenant_id = ${tenantId} AND config_key = ${administratorConfigKey}`;
}

/** Reads the first administrator, with the password while it is kept; null for a tenant registered in another way. */
export async function readFirstAdministrator(
  central: CentralDatabase,
  secrets: Pick<TenantSecrets, 'read'>,
  tenant: Pick<TenantRow, 'id' | 'tenantKey' | 'createdAt'>,
): Promise<FirstAdministrator | null> {
  const kept = await readKeptAdministrator(central, tenant.id);
  if (!kept) return null;
  const { sealedPassword } = kept;
  if (sealedPassword === null || passwordEndOf(kept, tenant) <= new Date()) {
    return withoutPassword(kept, tenant, kept.passwordEnded ?? 'expired');
  }
  return {
    ...withoutPassword(kept, tenant, 'kept'),
    password: await secrets.read(administratorSecret(tenant.tenantKey), sealedPassword),
  };
}

/** The first administrator without the password, and the reason for that. */
export function withoutPassword(
  kept: KeptAdministrator,
  tenant: Pick<TenantRow, 'createdAt'>,
  passwordState: PasswordState,
): FirstAdministrator {
  const { username, email, passwordIsGenerated } = kept;
  const passwordExpiresAt = passwordEndOf(kept, tenant);
  return { username, email, password: null, passwordState, passwordExpiresAt, passwordIsGenerated };
}
