import { randomBytes } from 'node:crypto';
import type { CentralClient } from '../../db/central-client.ts';
import { type DataKey, dataKeyOf } from '../../db/sealed-columns.ts';
import { CredentialsError } from '../secrets/credentials-error.ts';
import type { SecretName } from '../secrets/secret-provider.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';

/** The dependencies of work with data keys. */
export interface DataKeyTools {
  readonly central: CentralClient;
  readonly secrets: Pick<TenantSecrets, 'read' | 'write'>;
  /** Tells every process that the tenant's row, or what belongs to it, has changed. */
  readonly invalidate: (tenantKey: string) => Promise<void>;
}

/** The identity of a tenant with data keys. */
export interface KeyedTenant {
  readonly id: number;
  readonly tenantKey: string;
}

const keyBytes = 32;
const firstVersion = 1;

/** The secret that is a key of the tenant's data. */
export function dataKeySecret(tenantKey: string): SecretName {
  return { tenantKey, purpose: 'data-key' };
}

/** Reads the references to a tenant's keys, the newest first. */
export async function findDataKeys(central: CentralClient, { id }: KeyedTenant): Promise<string[]> {
  const rows = await central.tenantDataKey.findMany({
    where: { tenantId: id },
    orderBy: { version: 'desc' },
    select: { keyEncrypted: true },
  });
  return rows.map(({ keyEncrypted }) => keyEncrypted);
}

/**
 * Reads a key.
 * @throws {CredentialsError} when there is no such key.
 * @throws {SecretsUnavailableError} when the place where it is kept does not answer.
 */
export async function readDataKey(
  secrets: DataKeyTools['secrets'],
  { tenantKey }: KeyedTenant,
  reference: string,
): Promise<DataKey> {
  const bytes = Buffer.from(await secrets.read(dataKeySecret(tenantKey), reference), 'base64');
  if (bytes.length !== keyBytes) {
    throw new CredentialsError(`The data key of tenant ${tenantKey} has not ${keyBytes} bytes.`);
  }
  return dataKeyOf(bytes);
}

/**
 * Makes a tenant's first key, unless there is one: of several processes that do so at once, all use the key of the one
 * whose row came first. @returns the references to the tenant's keys, the newest first.
 */
export async function ensureDataKey(
  { central, secrets, invalidate }: DataKeyTools,
  tenant: KeyedTenant,
): Promise<string[]> {
  const { id, tenantKey } = tenant;
  const known = await findDataKeys(central, tenant);
  if (known.length > 0) return known;
  let keyEncrypted: string;
  try {
    keyEncrypted = await secrets.write(dataKeySecret(tenantKey), randomBytes(keyBytes).toString('base64'));
  } catch (error) {
    // Vault takes one of several keys that are written at once.
    const others = await findDataKeys(central, tenant);
    if (others.length > 0) return others;
    throw error;
  }
  const { count } = await central.tenantDataKey.createMany({
    data: { tenantId: id, version: firstVersion, keyEncrypted },
    skipDuplicates: true,
  });
  if (count === 1) await invalidate(tenantKey);
  return findDataKeys(central, tenant);
}
