import type { AuditChanges } from '../../audit/audit-entry.ts';
import type { CentralClient } from '../../db/central-client.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import { reasonOf } from '../../errors/reason.ts';
import type { Prisma } from '../../generated/central/client.ts';
import { dataKeySecret } from '../data-keys/data-keys.ts';
import { forEachTenant, selectTenants, type TenantPage } from '../fleet/for-each-tenant.ts';
import { type Operator, recordOperation } from '../operator.ts';
import {
  administratorConfigKey,
  keptAdministratorSchema,
  readKeptAdministrator,
} from '../provisioning/first-administrator.ts';
import type { SecretName } from '../secrets/secret-provider.ts';
import type { SecretStore, TenantSecrets } from '../secrets/tenant-secrets.ts';
import { TenantChangeError } from '../tenant-change-error.ts';

/** The tools of {@link reencryptCredentials}. */
export interface ReencryptionTools {
  readonly central: CentralClient;
  readonly secrets: TenantSecrets;
  /** Tells every process that the tenant's row has changed. */
  readonly invalidate: (tenantKey: string) => Promise<void>;
  /** Named in the audit log; defaults to the account that runs this process. */
  readonly operator?: Operator | undefined;
}

/** The part of the first administrator's setting that is re-encrypted. */
const sealedPasswordSchema = keptAdministratorSchema.pick({ sealedPassword: true });

/** The credentials to re-encrypt, and where to. */
export interface ReencryptionOptions {
  /** Only these tenants'; everybody's when empty. */
  readonly tenantKeys: readonly string[];
  /** Their new store; null to leave each where it is, encrypted with the current key. */
  readonly to: SecretStore | null;
  readonly dryRun: boolean;
  /** Tenants read at a time. */
  readonly batchSize: number;
  readonly concurrency: number;
}

/** The state at the end, or without changes in a dry run. */
export interface ReencryptionReport {
  readonly tenants: number;
  /** Re-encrypted or moved secrets, or in a dry run those that would be. */
  readonly changed: number;
  /** Secrets that something else has replaced in the meantime, such as a rotation: those have the current key. */
  readonly overtaken: number;
  /** The number of secrets by the id of the key that encrypts them, and of those in Vault. */
  readonly sealedBy: Readonly<Record<string, number>>;
  /** The id of the current key. */
  readonly sealingKeyId: string;
  /** Secrets that could not be read or stored, and why. */
  readonly failures: readonly { readonly tenantKey: string; readonly error: string }[];
}

/** A stored secret, and how to replace its reference. */
interface StoredSecret {
  readonly name: SecretName;
  readonly reference: string;
  /** @returns the number of rows updated: none when somebody else has stored another secret meanwhile. */
  replace(central: CentralDatabase, next: string): Promise<number>;
}

/** A secret and its new reference. */
interface Replacement {
  readonly secret: StoredSecret;
  readonly next: string;
}

/**
 * Re-encrypts with the current key what older keys have encrypted, or moves secrets to another store. Run again, it
 * resumes; when all is done, it changes nothing.
 * @param onTenant hears of each tenant as it is done.
 * @throws {TenantChangeError} before anything is done, when there is no such store.
 * @throws {UnknownTenantError} before anything is done, when a named tenant does not exist.
 */
export async function reencryptCredentials(
  tools: ReencryptionTools,
  options: ReencryptionOptions,
  onTenant: (done: number) => void = () => {},
): Promise<ReencryptionReport> {
  const { secrets } = tools;
  if (options.to !== null && !secrets.has(options.to)) {
    throw new TenantChangeError(`--to ${options.to} needs VAULT_URL.`);
  }
  const { tenantKeys } = options;
  const where = tenantKeys.length === 0 ? {} : await selectTenants(tools.central, tenantKeys);
  const sealedBy: Record<string, number> = {};
  const failures: { tenantKey: string; error: string }[] = [];
  let tenants = 0;
  let changed = 0;
  let overtaken = 0;

  const count = (name: SecretName, reference: string) => {
    const place = placeOf(secrets, name, reference);
    sealedBy[place] = (sealedBy[place] ?? 0) + 1;
  };

  /** Stores a tenant's secrets again, then updates all references to them in one transaction. */
  async function process(tenantKey: string, stored: readonly StoredSecret[]): Promise<void> {
    const replacements: Replacement[] = [];
    for (const secret of stored) {
      const { name, reference } = secret;
      try {
        if (!isOutdated(secrets, secret, options.to)) count(name, reference);
        else if (options.dryRun) {
          changed++;
          count(name, reference);
        } else {
          const password = await secrets.read(name, reference);
          const next = await secrets.writeTo(options.to ?? secrets.storeOf(reference), name, password);
          replacements.push({ secret, next });
        }
      } catch (error) {
        failures.push({ tenantKey, error: reasonOf(error) });
      }
    }
    if (replacements.length === 0) return;
    const replaced = await replaceReferences(tools, tenantKey, replacements);
    for (const { secret, next } of replaced) count(secret.name, next);
    changed += replaced.length;
    overtaken += replacements.length - replaced.length;
    if (replaced.length > 0) await tools.invalidate(tenantKey);
  }

  await forEachTenant(
    { pageSize: options.batchSize, concurrency: options.concurrency },
    (page) => readPage(tools.central, { AND: [page.where, where] }, page),
    async ({ tenantKey, stored, problem }) => {
      if (problem !== null) failures.push({ tenantKey, error: problem });
      await process(tenantKey, stored).catch((error: unknown) => {
        failures.push({ tenantKey, error: reasonOf(error) });
      });
      onTenant(++tenants);
    },
  );
  return { tenants, changed, overtaken, sealedBy, sealingKeyId: secrets.sealingKeyId, failures };
}

/**
 * Records a tenant's new references and who stored them, except where somebody else has stored another secret
 * meanwhile. @returns those that were recorded.
 */
async function replaceReferences(
  tools: ReencryptionTools,
  tenantKey: string,
  replacements: readonly Replacement[],
): Promise<Replacement[]> {
  const { central, secrets } = tools;
  const replaced = await central.$transaction(async (transaction) => {
    const done: Replacement[] = [];
    const changes: AuditChanges = {};
    for (const replacement of replacements) {
      const { secret, next } = replacement;
      if ((await secret.replace(transaction, next)) === 0) continue;
      done.push(replacement);
      changes[secret.name.purpose] = {
        before: placeOf(secrets, secret.name, secret.reference),
        after: placeOf(secrets, secret.name, next),
      };
    }
    if (done.length > 0) {
      await recordOperation(
        { ...tools, central: transaction },
        { action: 'tenant.reencrypt_credentials', entityType: 'Tenant', entityId: tenantKey, changes },
        tenantKey,
      );
    }
    return done;
  });
  for (const replacement of replacements) {
    if (!replaced.includes(replacement)) await takeBackForgotten(tools, tenantKey, replacement);
  }
  return replaced;
}

/** Removes the new copy of a first password that was forgotten while it was being re-encrypted. */
async function takeBackForgotten(
  { central, secrets }: ReencryptionTools,
  tenantKey: string,
  { secret, next }: Replacement,
): Promise<void> {
  if (secret.name.purpose !== 'administrator') return;
  const tenant = await central.tenant.findUnique({ where: { tenantKey }, select: { id: true } });
  const kept = tenant && (await readKeptAdministrator(central, tenant.id));
  if (kept?.sealedPassword == null) await secrets.remove(secret.name, next);
}

/** The id of the key that seals the secret, or `vault`. */
function placeOf(secrets: TenantSecrets, name: SecretName, reference: string): string {
  return secrets.keyIdOf(name, reference) ?? 'vault';
}

function isOutdated(
  secrets: TenantSecrets,
  { name, reference }: StoredSecret,
  to: SecretStore | null,
): boolean {
  if (to !== null && secrets.storeOf(reference) !== to) return true;
  const keyId = secrets.keyIdOf(name, reference);
  // The first version of envelopes does not say which key it needs.
  return keyId !== null && (keyId !== secrets.sealingKeyId || reference.startsWith('v1.'));
}

async function readPage(
  central: CentralClient,
  where: Prisma.TenantWhereInput,
  { orderBy, take }: TenantPage,
) {
  const rows = await central.tenant.findMany({
    where,
    orderBy,
    take,
    include: {
      configs: { where: { configKey: administratorConfigKey } },
      rotations: { where: { passwordEncrypted: { not: null } } },
      dataKeys: { orderBy: { version: 'asc' } },
    },
  });
  return rows.map((row) => {
    const { id, tenantKey, dbPasswordEncrypted, dbOwnerPasswordEncrypted, configs, rotations, dataKeys } =
      row;
    const stored: StoredSecret[] = [
      {
        name: { tenantKey, purpose: 'application' },
        reference: dbPasswordEncrypted,
        replace: async (database, next) =>
          (
            await database.tenant.updateMany({
              where: { id, dbPasswordEncrypted },
              data: { dbPasswordEncrypted: next },
            })
          ).count,
      },
    ];
    if (dbOwnerPasswordEncrypted !== null) {
      stored.push({
        name: { tenantKey, purpose: 'owner' },
        reference: dbOwnerPasswordEncrypted,
        replace: async (database, next) =>
          (
            await database.tenant.updateMany({
              where: { id, dbOwnerPasswordEncrypted },
              data: { dbOwnerPasswordEncrypted: next },
            })
          ).count,
      });
    }
    let problem: string | null = null;
    for (const { id: configId, configValue } of configs) {
      const sealed = sealedPasswordSchema.safeParse(configValue);
      if (!sealed.success) problem = "The record of the first administrator can't be read.";
      const reference = sealed.data?.sealedPassword;
      if (reference == null) continue;
      stored.push({
        name: { tenantKey, purpose: 'administrator' },
        reference,
        // Only the replaced part is compared, as stored: other versions write to the rest of the setting, too.
        replace: (database, next) => database.$executeRaw`
          UPDATE tenant_configs SET config_value = jsonb_set(config_value, '{sealedPassword}', to_jsonb(${next}::text))
          WHERE id = ${configId} AND config_value ->> 'sealedPassword' = ${reference}`,
      });
    }
    for (const { id: rotationId, purpose, passwordEncrypted } of rotations) {
      if (passwordEncrypted === null) continue;
      stored.push({
        name: { tenantKey, purpose: purpose === 'owner' ? 'owner' : 'application' },
        reference: passwordEncrypted,
        replace: async (database, next) =>
          (
            await database.credentialRotation.updateMany({
              where: { id: rotationId, passwordEncrypted },
              data: { passwordEncrypted: next },
            })
          ).count,
      });
    }
    for (const { version, keyEncrypted } of dataKeys) {
      stored.push({
        name: dataKeySecret(tenantKey),
        reference: keyEncrypted,
        replace: async (database, next) =>
          (
            await database.tenantDataKey.updateMany({
              where: { tenantId: id, version, keyEncrypted },
              data: { keyEncrypted: next },
            })
          ).count,
      });
    }
    return { tenantKey, stored, problem };
  });
}
