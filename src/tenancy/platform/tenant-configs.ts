import { z } from 'zod';
import type { AuditChanges } from '../../audit/audit-entry.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralTransaction } from '../../db/central-client.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import { plainLine, within } from '../../db/text-forms.ts';
import {
  type FieldMessage,
  message,
  NotFoundError,
  parseInput,
  TenantNotFoundError,
  ValidationFailedError,
} from '../../errors/index.ts';
import type { Prisma } from '../../generated/central/client.ts';
import { settingProblem } from '../known-settings.ts';
import { changeTenant, type TenantTools } from './change-tenant.ts';

/** A setting of a tenant. */
export interface TenantConfigRow {
  readonly tenantKey: string;
  readonly key: string;
  readonly value: unknown;
  /** True when the tenant's own people may read it. */
  readonly isPublic: boolean;
}

const configColumns = {
  configKey: true,
  configValue: true,
  isPublic: true,
} satisfies Prisma.TenantConfigSelect;

type StoredConfig = Prisma.TenantConfigGetPayload<{ select: typeof configColumns }>;

function rowOf(tenantKey: string, { configKey, configValue, isPublic }: StoredConfig): TenantConfigRow {
  return { tenantKey, key: configKey, value: configValue, isPublic };
}

/** The prefix of settings that the platform keeps for itself, such as sealed passwords. */
const reservedPrefix = 'provisioning.';

const configKeySchema = z
  .string()
  .overwrite(within(128, plainLine))
  .regex(/^(?!__proto__$)[a-z0-9._-]{1,128}$/, 'field.configKey')
  .refine((key) => !key.startsWith(reservedPrefix), 'field.configReserved');

/** Settings are read with every other one of their tenant, and are no place for files. */
const maximumValueBytes = 65_536;

/** For all public settings of a tenant: every process remembers them, with all that it knows of its tenants. */
const maximumPublicBytes = 16_384;

/** Nobody writes more by hand, and PostgreSQL's own parser gives up at some thousands. */
const maximumDepth = 100;

/** JSON that is worth a setting. */
type JsonInput = NonNullable<JsonValue>;

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
        select: configColumns,
      },
    },
  });
  if (!tenant) throw new TenantNotFoundError();
  return tenant.configs.map((config) => rowOf(tenantKey, config));
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
    select: { configs: { where: { configKey }, select: configColumns } },
  });
  if (!tenant) throw new TenantNotFoundError();
  const [config] = tenant.configs;
  return config ? rowOf(tenantKey, config) : null;
}

/** A change of a setting. Absent parts stay as they are. */
export interface TenantConfigChange {
  /** Null takes the setting away. */
  readonly value?: unknown;
  /** True lets the tenant's own people read it; a new setting is private unless told. */
  readonly isPublic?: boolean | null | undefined;
}

/**
 * Gives a tenant a setting, changes it, or takes it away.
 * @returns the setting; null when it was taken away.
 * @throws {ValidationFailedError} for a key that is none, or that belongs to the platform, for too large a value, for one
 * that a setting of that meaning can't have, and for more public settings than a tenant may have.
 * @throws {NotFoundError} when the value is absent and there is no such setting.
 * @throws {TenantNotFoundError} when there is no such tenant.
 */
export async function setTenantConfig(
  tools: TenantTools,
  actor: Actor,
  tenantKey: string,
  key: string,
  { value, isPublic }: TenantConfigChange,
): Promise<TenantConfigRow | null> {
  const configKey = parseInput(configKeySchema, key, ['key']);
  const given = value === undefined ? undefined : readValue(value);
  const problem = given == null ? null : settingProblem(configKey, given);
  if (problem) throw new ValidationFailedError([{ path: ['value'], message: problem }]);
  return changeTenant(tools, actor, tenantKey, async ({ transaction, record }) => {
    const { id: tenantId } = await transaction.tenant.findUniqueOrThrow({
      where: { tenantKey },
      select: { id: true },
    });
    const where = { tenantId_configKey: { tenantId, configKey } };
    const before = await transaction.tenantConfig.findUnique({ where, select: configColumns });
    if (given === undefined && !before) throw new NotFoundError('TenantConfig');
    const after = given === null ? null : await store(transaction, where, { given, isPublic });
    if (after === null && before) await transaction.tenantConfig.delete({ where });
    if (after?.isPublic) {
      await assertPublicFit(transaction, tenantId, given === undefined ? 'isPublic' : 'value');
    }
    await record({
      action: 'tenant.set_config',
      entityType: 'TenantConfig',
      entityId: tenantKey,
      changes: changesOf(configKey, before, after),
    });
    return after && rowOf(tenantKey, after);
  });
}

function store(
  transaction: CentralTransaction,
  where: { readonly tenantId_configKey: { readonly tenantId: number; readonly configKey: string } },
  {
    given,
    isPublic,
  }: { readonly given: JsonInput | undefined; readonly isPublic: boolean | null | undefined },
): Promise<StoredConfig> {
  const data = {
    ...(given === undefined ? {} : { configValue: given }),
    ...(isPublic == null ? {} : { isPublic }),
  };
  return transaction.tenantConfig.upsert({
    where,
    create: { ...where.tenantId_configKey, ...data },
    update: data,
    select: configColumns,
  });
}

/** Only that it was set, and whether it is public: a value may hold somebody's secret. */
function changesOf(configKey: string, before: StoredConfig | null, after: StoredConfig | null): AuditChanges {
  const wasPublic = before?.isPublic ?? false;
  const isPublic = after?.isPublic ?? false;
  return {
    [configKey]: { before: before ? 'set' : null, after: after ? 'set' : null },
    // No key has an upper-case letter.
    ...(wasPublic === isPublic ? {} : { isPublic: { before: wasPublic, after: isPublic } }),
  };
}

/** @throws {ValidationFailedError} when the tenant's public settings together are larger than every request should carry. */
async function assertPublicFit(
  transaction: CentralDatabase,
  tenantId: number,
  argument: 'value' | 'isPublic',
): Promise<void> {
  const found = await transaction.tenantConfig.findMany({
    where: { tenantId, isPublic: true },
    select: { configKey: true, configValue: true },
  });
  if (Buffer.byteLength(JSON.stringify(found)) > maximumPublicBytes) {
    throw new ValidationFailedError([
      { path: [argument], message: message('field.publicSettingsTooLarge', { maximum: maximumPublicBytes }) },
    ]);
  }
}

/**
 * Takes a setting away from a tenant, if it has one of that key.
 * @returns the key as it is stored.
 * @throws {ValidationFailedError} for a key that is none, or that belongs to the platform.
 * @throws {TenantNotFoundError} when there is no such tenant.
 */
export async function deleteTenantConfig(
  tools: TenantTools,
  actor: Actor,
  tenantKey: string,
  key: string,
): Promise<string> {
  const configKey = parseInput(configKeySchema, key, ['key']);
  await setTenantConfig(tools, actor, tenantKey, configKey, { value: null });
  return configKey;
}

/** Checks a value from the outside in, so that none is too large or too deep to be looked at. */
function readValue(value: unknown): JsonValue {
  const refuse = (problem: FieldMessage) =>
    new ValidationFailedError([{ path: ['value'], message: problem }]);
  if (value == null) return null;
  if (depthOf(value, maximumDepth) > maximumDepth) {
    throw refuse(message('field.jsonTooDeep', { maximum: maximumDepth }));
  }
  if (Buffer.byteLength(JSON.stringify(value)) > maximumValueBytes) {
    throw refuse(message('field.jsonTooLarge', { maximum: maximumValueBytes }));
  }
  return parseInput(jsonSchema, value, ['value']);
}

/** The depth of nested arrays and objects; not looked at any further below `limit`. */
function depthOf(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (limit === 0) return 1;
  return 1 + Math.max(0, ...Object.values(value).map((inner) => depthOf(inner, limit - 1)));
}
