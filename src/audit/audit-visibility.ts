import type { PermissionCode } from '../auth/permissions.ts';
import { hasPermission, type Viewer, visibleOwners } from '../auth/viewer.ts';
import { type EntityName, entities, entityOf, ownersOf } from '../catalogue/entities.ts';
import { tables } from '../generated/tables.ts';
import type { Prisma } from '../generated/tenant/client.ts';
import type { TenantEntityType } from './audit-actions.ts';
import { movedField } from './moved-field.ts';

/**
 * The permission that reading the values of a change takes besides `audit:read`, by the type of the changed entity.
 * Values of types that are not listed, such as an older version's, are shown to managers only.
 */
const readPermissions: ReadonlyMap<string, PermissionCode> = new Map([
  ...entities.map(({ name, resource }) => [name, `${resource}:read`] as const),
  ['AttendanceCorrection', 'attendance:read'],
  ['Session', 'users:read'],
  // A manager's reason for entering the tenant, and an operator's work in it: the log is there to show them.
  ['Tenant', 'audit:read'],
]);

/** Fields that name rows of another type than the changed one, such as `movedUsers`. */
const foreignFields: ReadonlyMap<string, PermissionCode> = new Map(
  entities.map(({ name, resource }) => [movedField(name), `${resource}:read`]),
);

/** The fields that name a row, such as `customerId`, by the type whose field it is. */
const referenceFields: ReadonlyMap<string, ReadonlyMap<string, PermissionCode>> = new Map(
  entities.map(({ name, model, resource }) => {
    const own = `${resource}:read` as const;
    const relations = Object.values(tables[model].relations);
    const references = relations.flatMap(({ from, table }) => {
      const referred = entities.find((entity) => entity.model === table);
      return referred ? [[from, `${referred.resource}:read`] as const] : [];
    });
    return [
      name,
      new Map<string, PermissionCode>([...references, ['reassignedTo', own], ['mergedIntoId', own]]),
    ];
  }),
);

/** Returns whether a viewer who may read the audit log may read the values of that field of such an entity. */
export function mayReadChange(viewer: Viewer, entityType: string, field: string): boolean {
  if (viewer.role === 'manager') return true;
  const permission = readPermissions.get(entityType);
  if (permission === undefined || !hasPermission(viewer, permission)) return false;
  const foreign = foreignFields.get(field) ?? referenceFields.get(entityType)?.get(field);
  // Those may be among them that don't exist for the viewer.
  return foreign === undefined || visibleOwners(viewer, foreign) === 'everybody';
}

/** Returns whether a viewer may read what was changed of the rows of an entity that exist for them, values included. */
export function mayReadChangesOf(viewer: Viewer, name: EntityName): boolean {
  return hasPermission(viewer, 'audit:read') && hasPermission(viewer, `${entityOf(name).resource}:read`);
}

/** The types of what has owners, by the view `sys.audit_owners`. */
const ownedTypes: readonly TenantEntityType[] = [
  ...entities.flatMap(({ name }) => (ownersOf(name).length > 0 ? [name] : [])),
  'AttendanceCorrection',
];

/** The condition for the records that exist for a viewer: none about a row that doesn't. */
export function visibleRecords(viewer: Viewer): Prisma.AuditRecordWhereInput {
  const narrow = ownedTypes.flatMap((entityType) => {
    const permission = readPermissions.get(entityType);
    const owners =
      permission !== undefined && hasPermission(viewer, permission)
        ? visibleOwners(viewer, permission)
        : 'everybody';
    return owners === 'everybody' ? [] : [{ entityType, owners }];
  });
  if (narrow.length === 0) return {};
  return {
    OR: [
      { entityType: { notIn: narrow.map(({ entityType }) => entityType) } },
      ...narrow.map(({ entityType, owners }) => ({
        entityType,
        owners: { some: { ownerId: { in: [...owners] } } },
      })),
    ],
  };
}
