import { z } from 'zod';
import type { CentralDatabase } from '../../db/identity-database.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { SecretName } from '../secrets/secret-provider.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';

/** Why a first password is kept no more. */
export type PasswordEnd = 'used' | 'expired';

/** Whether a first password is kept: `unknown` while the tenant's database does not say whether it was used. */
export type PasswordState = 'kept' | PasswordEnd | 'unknown';

/** The tenant's first administrator. */
export interface FirstAdministrator {
  readonly username: string;
  readonly email: string;
  /** The first password; null unless it is kept. */
  readonly password: string | null;
  readonly passwordState: PasswordState;
  /** Until when it is kept at most; made up by this program, it is good for a sign-in as long. */
  readonly passwordExpiresAt: Date;
  /** The password was made up by this program: the first sign-in has to bring another. */
  readonly passwordIsGenerated: boolean;
}

/** The setting that keeps the first administrator. */
export const administratorConfigKey = 'provisioning.first_administrator';

/** How long a first password is kept when nobody uses it. */
const firstPasswordHours = 72;

/** How the first administrator is kept, so that a run killed halfway can go on with the same password. */
export const keptAdministratorSchema = z.object({
  username: z.string(),
  email: z.string(),
  /** Null once it has been used, or its time is over. */
  sealedPassword: z.string().nullable(),
  passwordIsGenerated: z.boolean().default(false),
  /** Absent in the first version. */
  passwordExpiresAt: z.iso.datetime().optional(),
  passwordEnded: z.enum(['used', 'expired']).optional(),
});

/** The first administrator as the tenant's settings keep them. */
export type KeptAdministrator = z.output<typeof keptAdministratorSchema>;

/** The password that the first administrator was given. */
export function administratorSecret(tenantKey: string): SecretName {
  return { tenantKey, purpose: 'administrator' };
}

/** When a first password that is chosen or made up now ends. */
export function firstPasswordEnd(): Date {
  return hoursAfter(new Date());
}

/** When the password that is kept ends: in the first version, which did not say, it is as old as the tenant. */
export function passwordEndOf(kept: KeptAdministrator, { createdAt }: Pick<TenantRow, 'createdAt'>): Date {
  return kept.passwordExpiresAt === undefined ? hoursAfter(createdAt) : new Date(kept.passwordExpiresAt);
}

function hoursAfter(moment: Date): Date {
  return new Date(moment.getTime() + firstPasswordHours * 3_600_000);
}

/** The first administrator as the settings keep them; null for a tenant that was registered otherwise. */
export async function readKeptAdministrator(
  central: CentralDatabase,
  tenantId: number,
): Promise<KeptAdministrator | null> {
  const config = await central.tenantConfig.findUnique({
    where: { tenantId_configKey: { tenantId, configKey: administratorConfigKey } },
  });
  return config && keptAdministratorSchema.parse(config.configValue);
}

/** The first administrator as registered, with the password if it is still kept; null for a tenant registered otherwise. */
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

/** The first administrator whose password is not given, and why. */
export function withoutPassword(
  kept: KeptAdministrator,
  tenant: Pick<TenantRow, 'createdAt'>,
  passwordState: PasswordState,
): FirstAdministrator {
  const { username, email, passwordIsGenerated } = kept;
  const passwordExpiresAt = passwordEndOf(kept, tenant);
  return { username, email, password: null, passwordState, passwordExpiresAt, passwordIsGenerated };
}
