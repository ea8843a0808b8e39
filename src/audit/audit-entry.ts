import type { Viewer } from '../auth/viewer.ts';
import type {
  ManagerAuditAction,
  ManagerEntityType,
  TenantAuditAction,
  TenantEntityType,
} from './audit-actions.ts';

/** One change, as an audit log keeps it. */
interface AuditEntry<Action, EntityType> {
  /** `entity.verb`, e.g. `user.update`. */
  readonly action: Action;
  /** The type of what was changed, e.g. `User`. */
  readonly entityType: EntityType;
  readonly entityId: string | null;
  readonly changes?: AuditChanges;
}

/** One change in a tenant's log. */
export type TenantAuditEntry = AuditEntry<TenantAuditAction, TenantEntityType>;

/** One change in the managers' log. */
export type ManagerAuditEntry = AuditEntry<ManagerAuditAction, ManagerEntityType>;

/** The author of an entry: an {@link Actor}, or nobody that is known, as when guesses have locked an account. */
export interface AuditActor {
  readonly viewer: Pick<Viewer, 'userId' | 'username' | 'role'> | null;
  readonly requestId: string;
  readonly address: string | null;
}

/** The changed fields, with what they held before and hold now. */
export type AuditChanges = Record<string, { before: AuditValue; after: AuditValue }>;

type AuditValue = string | number | boolean | null | string[];

/** Rows as the audit log compares them. */
type Row = Readonly<Record<string, unknown>>;

/** Fields whose content no log may hold. */
const secretFields = new Set(['passwordHash']);

/** Fields that change with every change and say nothing of it. */
const silentFields = new Set(['id', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'deletedBy']);

/** The fields that differ between two states of a row; null stands for a row that is not there. Secrets are left out. */
export function changesBetween(before: Row | null, after: Row | null): AuditChanges {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const changes: AuditChanges = {};
  for (const field of fields) {
    if (secretFields.has(field) || silentFields.has(field)) continue;
    const values = { before: auditValue(before?.[field]), after: auditValue(after?.[field]) };
    if (JSON.stringify(values.before) !== JSON.stringify(values.after)) changes[field] = values;
  }
  return changes;
}

function auditValue(value: unknown): AuditValue {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.map(String) : JSON.stringify(value);
}
