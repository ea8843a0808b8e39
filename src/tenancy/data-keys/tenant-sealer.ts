import { isDatabaseUnavailable } from '../../db/database-errors.ts';
import {
  type DataKey,
  openValue,
  SealedValueError,
  type Sealer,
  sealingKeyOf,
  sealValue,
} from '../../db/sealed-columns.ts';
import { ServiceUnavailableError, TenantUnavailableError } from '../../errors/index.ts';
import { SecretsUnavailableError } from '../secrets/credentials-error.ts';
import {
  type DataKeyTools,
  ensureDataKey,
  findDataKeys,
  type KeyedTenant,
  readDataKey,
} from './data-keys.ts';

/**
 * Creates the sealer of a tenant. It reads the tenant's keys once, when the first of them is needed, and keeps them for
 * as long as it lives itself.
 * @param references the tenant's keys as they were last known, the newest first. A key that is not among them is looked
 * up in the central database.
 */
export function createTenantSealer(
  tools: DataKeyTools,
  tenant: KeyedTenant,
  references: readonly string[],
): Sealer {
  const { central, secrets } = tools;
  /** Ids that stand in values, and that no key of the tenant has. */
  const missing = new Set<string>();
  let keys: Promise<readonly DataKey[]> | undefined;

  /** Replaces the keys that are known, unless that fails. */
  function load(find: () => Promise<readonly string[]>): Promise<readonly DataKey[]> {
    const before = keys;
    const loading = readKeys(find).catch((error: unknown) => {
      if (keys === loading) keys = before;
      throw failureOf(error);
    });
    keys = loading;
    return loading;
  }

  async function readKeys(find: () => Promise<readonly string[]>): Promise<readonly DataKey[]> {
    const found = await find();
    return Promise.all(found.map((reference) => readDataKey(secrets, tenant, reference)));
  }

  const known = () => keys ?? load(async () => references);

  async function newestKey(): Promise<DataKey> {
    const [newest] = await known();
    if (newest) return newest;
    const [made] = await load(() => ensureDataKey(tools, tenant));
    if (!made) throw new Error(`Tenant ${tenant.tenantKey} has no data key.`);
    return made;
  }

  async function findKey(id: string): Promise<DataKey | undefined> {
    const find = (among: readonly DataKey[]) => among.find((key) => key.id === id);
    const key = find(await known());
    if (key || missing.has(id)) return key;
    const now = find(await load(() => findDataKeys(central, tenant)));
    if (!now) missing.add(id);
    return now;
  }

  return {
    prepare: async () => void (await newestKey()),
    seal: async (place, value) => sealValue(await newestKey(), tenant.id, place, value),
    async open(place, sealed) {
      const id = sealingKeyOf(place, sealed);
      const key = await findKey(id);
      if (!key) throw new SealedValueError(place, `the tenant has no data key ${id}`);
      return openValue(key, tenant.id, place, sealed);
    },
  };
}

function failureOf(error: unknown): unknown {
  if (error instanceof SecretsUnavailableError) return new TenantUnavailableError({ cause: error });
  return isDatabaseUnavailable(error) ? new ServiceUnavailableError({ cause: error }) : error;
}
