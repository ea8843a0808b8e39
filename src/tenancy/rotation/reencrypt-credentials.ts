import pMap from 'p-map';
import type { CentralClient } from '../../db/central-client.ts';
import { administratorConfigKey, sealedAdministratorSchema } from '../provisioning/registration.ts';
import type { SecretName } from '../secrets/secret-provider.ts';
import type { SecretStore, TenantSecrets } from '../secrets/tenant-secrets.ts';

/** What storing credentials anew works with. */
export interface ReencryptionTools {
  readonly central: CentralClient;
  readonly secrets: TenantSecrets;
  /** Tells every process that the tenant's row has changed. */
  readonly invalidate: (tenantKey: string) => Promise<void>;
}

/** Which credentials are stored anew. */
export interface ReencryptionOptions {
  /** Only these tenants'; everybody's when empty. */
  readonly tenantKeys: readonly string[];
  /** Where they go; null to leave each where it is, sealed by the key that seals now. */
  readonly to: SecretStore | null;
  readonly dryRun: boolean;
  /** Tenants read at a time. */
  readonly batchSize: number;
  readonly concurrency: number;
}

/** How it stands at the end, or without changes in a dry run. */
export interface ReencryptionReport {
  readonly tenants: number;
  /** Secrets stored anew, or in a dry run those that would be. */
  readonly changed: number;
  /** Somebody else has stored another secret in the meantime, as a rotation does: it has the key of now. */
  readonly overtaken: number;
  /** How many secrets each key seals, by its id, and how many are in Vault. */
  readonly sealedBy: Readonly<Record<string, number>>;
  /** The key that seals now. */
  readonly sealingKeyId: string;
  /** Secrets that could not be read or stored, and why. */
  readonly failures: readonly { readonly tenantKey: string; readonly error: string }[];
}

/** One stored secret, and how to replace its reference, unless somebody else has. */
interface StoredSecret {
  readonly name: SecretName;
  readonly reference: string;
  replace(reference: string): Promise<boolean>;
}

/**
 * Seals with the key of now what older keys have sealed, or brings secrets to another place. Run again, it goes on;
 * done before, it changes nothing.
 * @param onTenant hears of each tenant as it is done.
 */
export async function reencryptCredentials(
  tools: ReencryptionTools,
  options: ReencryptionOptions,
  onTenant: (done: number) => void = () => {},
): Promise<ReencryptionReport> {
  const sealedBy: Record<string, number> = {};
  const failures: { tenantKey: string; error: string }[] = [];
  let tenants = 0;
  let changed = 0;
  let overtaken = 0;

  async function process(secret: StoredSecret): Promise<boolean> {
    const { secrets } = tools;
    const { name, reference } = secret;
    let current = reference;
    let stored = false;
    if (isOutdated(secrets, secret, options.to)) {
      changed++;
      if (!options.dryRun) {
        const next = await secrets.writeTo(
          options.to ?? secrets.storeOf(reference),
          name,
          await secrets.read(name, reference),
        );
        stored = await secret.replace(next);
        if (stored) current = next;
        else {
          changed--;
          overtaken++;
          return false;
        }
      }
    }
    const place = secrets.keyIdOf(name, current) ?? 'vault';
    sealedBy[place] = (sealedBy[place] ?? 0) + 1;
    return stored;
  }

  let after = 0;
  for (;;) {
    const batch = await readBatch(tools.central, options, after);
    await pMap(
      batch,
      async ({ tenantKey, secrets }) => {
        let stored = false;
        for (const secret of secrets) {
          try {
            stored = (await process(secret)) || stored;
          } catch (error) {
            failures.push({ tenantKey, error: error instanceof Error ? error.message : String(error) });
          }
        }
        if (stored) await tools.invalidate(tenantKey);
        onTenant(++tenants);
      },
      { concurrency: options.concurrency },
    );
    const last = batch.at(-1);
    if (!last)
      return { tenants, changed, overtaken, sealedBy, sealingKeyId: tools.secrets.sealingKeyId, failures };
    after = last.id;
  }
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

async function readBatch(
  central: CentralClient,
  { tenantKeys, batchSize }: ReencryptionOptions,
  after: number,
) {
  const rows = await central.tenant.findMany({
    where: { id: { gt: after }, ...(tenantKeys.length === 0 ? {} : { tenantKey: { in: [...tenantKeys] } }) },
    orderBy: { id: 'asc' },
    take: batchSize,
    include: {
      configs: { where: { configKey: administratorConfigKey } },
      rotations: { where: { passwordEncrypted: { not: null } } },
    },
  });
  const replaced = ({ count }: { count: number }) => count > 0;
  return rows.map(({ id, tenantKey, dbPasswordEncrypted, dbOwnerPasswordEncrypted, configs, rotations }) => {
    const secrets: StoredSecret[] = [
      {
        name: { tenantKey, purpose: 'application' },
        reference: dbPasswordEncrypted,
        replace: async (reference) =>
          replaced(
            await central.tenant.updateMany({
              where: { id, dbPasswordEncrypted },
              data: { dbPasswordEncrypted: reference },
            }),
          ),
      },
    ];
    if (dbOwnerPasswordEncrypted !== null) {
      secrets.push({
        name: { tenantKey, purpose: 'owner' },
        reference: dbOwnerPasswordEncrypted,
        replace: async (reference) =>
          replaced(
            await central.tenant.updateMany({
              where: { id, dbOwnerPasswordEncrypted },
              data: { dbOwnerPasswordEncrypted: reference },
            }),
          ),
      });
    }
    for (const { id: configId, configValue } of configs) {
      const known = sealedAdministratorSchema.safeParse(configValue).data;
      if (!known) continue;
      secrets.push({
        name: { tenantKey, purpose: 'administrator' },
        reference: known.sealedPassword,
        replace: async (reference) =>
          replaced(
            await central.tenantConfig.updateMany({
              where: { id: configId, configValue: { equals: known } },
              data: { configValue: { ...known, sealedPassword: reference } },
            }),
          ),
      });
    }
    for (const { id: rotationId, purpose, passwordEncrypted } of rotations) {
      if (passwordEncrypted === null) continue;
      secrets.push({
        name: { tenantKey, purpose: purpose === 'owner' ? 'owner' : 'application' },
        reference: passwordEncrypted,
        replace: async (reference) =>
          replaced(
            await central.credentialRotation.updateMany({
              where: { id: rotationId, passwordEncrypted },
              data: { passwordEncrypted: reference },
            }),
          ),
      });
    }
    return { id, tenantKey, secrets };
  });
}
