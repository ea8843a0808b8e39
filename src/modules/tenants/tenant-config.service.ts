import { z } from 'zod';
import { recordManagerAudit } from '../../auth/audit/manager-audit.ts';
import { holdManagerSession } from '../../auth/sessions/hold-session.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralClient } from '../../db/central-client.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import { plainLine, within } from '../../db/text-forms.ts';
import {
  type Message,
  message,
  parseInput,
  TenantNotFoundError,
  ValidationFailedError,
} from '../../errors/index.ts';
import { lockTenant } from './tenant.service.ts';

/** A setting of a tenant. */
export interface TenantConfigRow {
  readonly tenantKey: string;
  readonly key: string;
  readonly value: unknown;
}

/** What the platform keeps among a tenant's settings for itself, sealed passwords for one. */
const reservedPrefix = 'provisioning.';

const configKeySchema = z
  .string()
  .overwrite(within(128, plainLine))
  .regex(/^(?!__proto__$)[a-z0-9._-]{1,128}$/, 'field.configKey')
  .refine((key) => !key.startsWith(reservedPrefix), 'field.configReserved');

/** Settings are read with every other one of their tenant, and are no place for files. */
const maximumValueBytes = 65_536;

/** Nobody writes more by hand, and PostgreSQL's own parser gives up at some thousands. */
const maximumDepth = 100;

type JsonValue = string | number | boolean | JsonValue[] | { [name: string]: JsonValue | null } | null;

const jsonSchema: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(jsonSchema),
    z.record(z.string(), jsonSchema),
  ]),
);

/**
 * A tenant's settings, by key.
 * @throws {TenantNotFoundError} when there is no such tenant.
 */
export async function listTenantConfigs(
  central: CentralDatabase,
  tenantKey: string,
): Promise<TenantConfigRow[]> {
  const tenant = await central.tenant.findUnique({
    where: { tenantKey },
    select: {
      configs: {
        where: { NOT: { configKey: { startsWith: reservedPrefix } } },
        orderBy: { configKey: 'asc' },
        select: { configKey: true, configValue: true },
      },
    },
  });
  if (!tenant) throw new TenantNotFoundError();
  return tenant.configs.map(({ configKey, configValue }) => ({
    tenantKey,
    key: configKey,
    value: configValue,
  }));
}

/**
 * One setting of a tenant; null when it has none of that key.
 * @throws {ValidationFailedError} for a key that is none, or that belongs to the platform.
 * @throws {TenantNotFoundError} when there is no such tenant.
 */
export async function findTenantConfig(
  central: CentralDatabase,
  tenantKey: string,
  key: string,
): Promise<TenantConfigRow | null> {
  const configKey = parseInput(configKeySchema, key, ['key']);
  const tenant = await central.tenant.findUnique({
    where: { tenantKey },
    select: { configs: { where: { configKey }, select: { configValue: true } } },
  });
  if (!tenant) throw new TenantNotFoundError();
  const [config] = tenant.configs;
  return config ? { tenantKey, key: configKey, value: config.configValue } : null;
}

/**
 * Gives a tenant a setting, or takes it away when the value is null.
 * @returns the setting; null when it was taken away.
 * @throws {ValidationFailedError} for a key that is none, or that belongs to the platform, and for too large a value.
 * @throws {TenantNotFoundError} when there is no such tenant.
 */
export async function setTenantConfig(
  central: CentralClient,
  actor: Actor,
  tenantKey: string,
  key: string,
  value: unknown,
): Promise<TenantConfigRow | null> {
  const configKey = parseInput(configKeySchema, key, ['key']);
  const configValue = readValue(value);
  return central.$transaction(async (transaction) => {
    await holdManagerSession(transaction, actor);
    await lockTenant(transaction, tenantKey);
    const { id: tenantId } = await transaction.tenant.findUniqueOrThrow({
      where: { tenantKey },
      select: { id: true },
    });
    const where = { tenantId_configKey: { tenantId, configKey } };
    const before = await transaction.tenantConfig.findUnique({ where, select: { id: true } });
    if (configValue !== null) {
      await transaction.tenantConfig.upsert({
        where,
        create: { tenantId, configKey, configValue },
        update: { configValue },
      });
    } else if (before) {
      await transaction.tenantConfig.delete({ where });
    }
    await recordManagerAudit(
      transaction,
      actor,
      {
        action: 'tenant.set_config',
        entityType: 'TenantConfig',
        entityId: tenantKey,
        // Only that it was set: a value may hold somebody's secret.
        changes: {
          [configKey]: { before: before ? 'set' : null, after: configValue === null ? null : 'set' },
        },
      },
      tenantKey,
    );
    return configValue === null ? null : { tenantKey, key: configKey, value: configValue };
  });
}

/**
 * Takes a setting away from a tenant, if it has one of that key.
 * @returns the key as it is stored.
 * @throws {ValidationFailedError} for a key that is none, or that belongs to the platform.
 * @throws {TenantNotFoundError} when there is no such tenant.
 */
export async function deleteTenantConfig(
  central: CentralClient,
  actor: Actor,
  tenantKey: string,
  key: string,
): Promise<string> {
  const configKey = parseInput(configKeySchema, key, ['key']);
  await setTenantConfig(central, actor, tenantKey, configKey, null);
  return configKey;
}

/** Checks a value from the outside in, so that none is too large or too deep to be looked at. */
function readValue(value: unknown): JsonValue {
  const refuse = (problem: Message) => new ValidationFailedError([{ path: ['value'], message: problem }]);
  if (value == null) return null;
  if (depthOf(value, maximumDepth) > maximumDepth) {
    throw refuse(message('field.jsonTooDeep', { maximum: maximumDepth }));
  }
  if (Buffer.byteLength(JSON.stringify(value)) > maximumValueBytes) {
    throw refuse(message('field.jsonTooLarge', { maximum: maximumValueBytes }));
  }
  return parseInput(jsonSchema, value, ['value']);
}

/** How many arrays and objects stand inside each other; not looked at any further below `limit`. */
function depthOf(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (limit === 0) return 1;
  return 1 + Math.max(0, ...Object.values(value).map((inner) => depthOf(inner, limit - 1)));
}
